import { decodeHeader, foldMerklePath, joinCoinbase } from '@stratumkit/bitcoin';
import { describe, expect, it } from 'vitest';
import type { ExtendedChannel, StandardChannel } from '../../src/index.ts';
import { aimedHash } from '../aimedHash.ts';
import {
  BLOCK,
  EXTENDED_PREFIX,
  EXTRANONCE,
  extendedChannel,
  futureTemplate,
  later,
  MISS,
  NOW,
  onTip,
  SHARE,
  share,
  standardChannel,
  TIP_A,
  TIP_B,
  targetOf,
  template,
  tip,
  told,
} from '../fixtures.ts';

type Either = StandardChannel | ExtendedChannel;
interface Case {
  name: string;
  prepare?(channel: Either): void;
  jobId?: number;
  changes?: Record<string, unknown>;
  /** What a nonce that misses, that makes a share, that makes a block is answered with. */
  answers: [miss: string, share: string, block: string];
}

const same = (word: string): Case['answers'] => [word, word, `${word}+block`];
const plain = (word: string): Case['answers'] => [word, word, word];

const CASES: Case[] = [
  { name: 'nothing wrong', answers: ['difficulty-too-low', 'accepted', 'accepted+block'] },
  { name: 'unknown job', jobId: 99, answers: plain('invalid-job-id') },
  {
    name: 'future job',
    prepare: (channel) => void channel.addJob(futureTemplate(2)),
    jobId: 2,
    answers: plain('invalid-job-id'),
  },
  {
    name: 'past job',
    prepare: (channel) => void channel.addJob(template(2)),
    answers: ['difficulty-too-low', 'accepted', 'accepted+block'],
  },
  {
    name: 'job of an older tip',
    prepare(channel) {
      channel.addJob(futureTemplate(2));
      channel.activate(2, TIP_B, NOW);
    },
    answers: same('stale-share'),
  },
  {
    name: 'job of an older tip, other defects besides',
    prepare(channel) {
      channel.addJob(futureTemplate(2));
      channel.activate(2, TIP_B, NOW);
    },
    changes: { ntime: 0, version: 0x20000020 },
    answers: same('stale-share'),
  },
  {
    name: 'future job that was passed over by a tip, mined on that tip',
    prepare(channel) {
      channel.addJob(futureTemplate(2));
      channel.addJob(futureTemplate(3));
      channel.activate(3, TIP_B, NOW);
    },
    jobId: 2,
    answers: same('stale-share'),
  },
  { name: 'closed channel', prepare: (channel) => void channel.close(), answers: same('stale-share') },
  {
    name: 'ntime one below the minimum',
    changes: { ntime: TIP_A.minNtime - 1 },
    answers: same('invalid-share'),
  },
  { name: 'ntime 0', changes: { ntime: 0 }, answers: same('invalid-share') },
  {
    name: 'ntime at the minimum',
    changes: { ntime: TIP_A.minNtime },
    answers: ['difficulty-too-low', 'accepted', 'accepted+block'],
  },
  {
    name: 'ntime two hours ahead',
    changes: { ntime: NOW.unixSeconds + 7200 },
    answers: ['difficulty-too-low', 'accepted', 'accepted+block'],
  },
  {
    name: 'ntime two hours and a second ahead',
    changes: { ntime: NOW.unixSeconds + 7201 },
    answers: same('invalid-share'),
  },
  { name: 'ntime at the end of u32', changes: { ntime: 0xffffffff }, answers: same('invalid-share') },
  {
    name: 'any BIP323 bits rolled',
    changes: { version: 0x3fffffe0 },
    answers: ['difficulty-too-low', 'accepted', 'accepted+block'],
  },
  { name: 'bit 4 rolled', changes: { version: 0x20000010 }, answers: plain('invalid-non-rollable-version-bit') },
  { name: 'bit 29 cleared', changes: { version: 0 }, answers: plain('invalid-non-rollable-version-bit') },
  { name: 'bit 31 set', changes: { version: 0xa0000000 }, answers: plain('invalid-non-rollable-version-bit') },
  {
    name: 'rolled where rolling is not allowed',
    prepare: (channel) => void channel.addJob(template(2, { versionRollingAllowed: false })),
    jobId: 2,
    changes: { version: 0x20000020 },
    answers: same('version-rolling-not-allowed'),
  },
  {
    name: 'not rolled where rolling is not allowed',
    prepare: (channel) => void channel.addJob(template(2, { versionRollingAllowed: false })),
    jobId: 2,
    answers: ['difficulty-too-low', 'accepted', 'accepted+block'],
  },
  {
    name: 'other bits changed where rolling is not allowed',
    prepare: (channel) => void channel.addJob(template(2, { versionRollingAllowed: false })),
    jobId: 2,
    changes: { version: 0x20000001 },
    answers: plain('version-rolling-not-allowed'),
  },
];

describe.each([
  ['standard', standardChannel],
  ['extended', extendedChannel],
] as const)('share checks on a %s channel', (_type, create) => {
  for (const { name, prepare, jobId, changes, answers } of CASES) {
    it(`${name}: ${answers.join(', ')}`, () => {
      const judged = [MISS, SHARE, BLOCK].map((nonce) => {
        const channel = onTip(create());
        prepare?.(channel);
        return told(channel.validateShare(share(jobId ?? 1, nonce, changes), NOW));
      });
      expect(judged).toEqual(answers);
    });
  }

  it('refuses the same header twice, and hands out its solution once', () => {
    const channel = onTip(create());
    const judge = (nonce: number) => told(channel.validateShare(share(1, nonce), NOW));
    expect([SHARE, SHARE, BLOCK, BLOCK].map(judge)).toEqual([
      'accepted',
      'duplicate-share',
      'accepted+block',
      'duplicate-share',
    ]);
  });

  it('refuses the same header under another job id with the same work', () => {
    const channel = onTip(create());
    channel.addJob(template(2));
    expect(told(channel.validateShare(share(1, SHARE), NOW))).toBe('accepted');
    expect(told(channel.validateShare(share(2, SHARE), NOW))).toBe('duplicate-share');
  });

  it('refuses the same header after the chain left its tip and returned to it', () => {
    const channel = onTip(create());
    expect(told(channel.validateShare(share(1, SHARE), NOW))).toBe('accepted');
    channel.addJob(futureTemplate(2));
    channel.activate(2, TIP_B, NOW);
    channel.addJob(futureTemplate(3));
    channel.activate(3, tip(0xaa), NOW);
    expect(told(channel.validateShare(share(3, SHARE), NOW))).toBe('duplicate-share');
    expect(told(channel.validateShare(share(2, SHARE), NOW))).toBe('stale-share');
  });

  it('accepts a block that misses the share target', () => {
    const channel = onTip(create({ target: targetOf(0x01) }));
    expect(told(channel.validateShare(share(1, BLOCK), NOW))).toBe('accepted+block');
    expect(told(channel.validateShare(share(1, SHARE), NOW))).toBe('difficulty-too-low');
  });

  it('judges blocks by the block target of the tip and not by nbits', () => {
    const channel = create();
    channel.addJob(futureTemplate(1));
    channel.activate(1, { ...TIP_A, nbits: 0x03000001 }, NOW);
    expect(told(channel.validateShare(share(1, BLOCK), NOW))).toBe('accepted+block');
    expect(told(channel.validateShare(share(1, SHARE), NOW))).toBe('accepted');
  });

  it('has an explicit mask, which does not withhold a block', () => {
    const channel = onTip(create({ versionRollingMask: 0x1fffe000 }));
    const judge = (version: number, nonce = SHARE) => told(channel.validateShare(share(1, nonce, { version }), NOW));
    expect(judge(0x20002000)).toBe('accepted');
    expect(judge(0x20000020)).toBe('invalid-non-rollable-version-bit');
    expect(judge(0x20000020, BLOCK)).toBe('invalid-non-rollable-version-bit+block');
  });

  it('takes late shares of a superseded job within the grace period, once', () => {
    const channel = onTip(create({ staleGraceMs: 5000 }));
    expect(told(channel.validateShare(share(1, SHARE), NOW))).toBe('accepted');
    channel.addJob(futureTemplate(2));
    channel.addJob(futureTemplate(3));
    channel.activate(3, TIP_B, NOW);
    const result = channel.validateShare(share(1, SHARE - 1), later(4999));
    expect(result).toMatchObject({ outcome: 'accepted', late: true });
    expect(told(channel.validateShare(share(1, SHARE), later(4999)))).toBe('duplicate-share');
    expect(told(channel.validateShare(share(1, SHARE - 1), later(4999)))).toBe('duplicate-share');
    expect(told(channel.validateShare(share(1, SHARE - 2), later(5000)))).toBe('stale-share');
    expect(told(channel.validateShare(share(2, SHARE), later(0)))).toBe('stale-share');
  });

  it('keeps the window open when the clock lags behind the chain', () => {
    const channel = onTip(create());
    const lagging = { monotonicMs: 0, unixSeconds: 1000.7 };
    const judge = (ntime: number) => told(channel.validateShare(share(1, SHARE, { ntime }), lagging));
    expect(judge(TIP_A.minNtime)).toBe('accepted');
    expect(judge(TIP_A.minNtime + 7200)).toBe('accepted');
    expect(judge(TIP_A.minNtime + 7201)).toBe('invalid-share');
  });

  it('does not overflow at the end of time', () => {
    const channel = create();
    channel.addJob(futureTemplate(1));
    channel.activate(1, { ...TIP_A, minNtime: 0xfffffff0 }, NOW);
    const judge = (ntime: number) => told(channel.validateShare(share(1, SHARE, { ntime }), NOW));
    expect(judge(0xffffffff)).toBe('accepted');
    expect(judge(0xffffffef)).toBe('invalid-share');
    expect(judge(5)).toBe('invalid-share');
  });

  it('credits the target of the job', () => {
    const channel = onTip(create());
    const result = channel.validateShare(share(1, SHARE), NOW);
    expect(result).toMatchObject({
      outcome: 'accepted',
      sequenceNumber: 9,
      jobId: 1,
      templateId: 77n,
      work: channel.target.work,
      difficulty: channel.target.difficulty,
      late: false,
    });
  });
});

it.each([0, 7, 9, 32])('refuses %d bytes of extranonce where 8 were granted', (size) => {
  const channel = onTip(extendedChannel());
  const judge = (jobId: number) =>
    told(channel.validateShare(share(jobId, BLOCK, { extranonce: new Uint8Array(size) }), NOW));
  expect(judge(1)).toBe('bad-extranonce-size');
  expect(judge(2)).toBe('invalid-job-id');
  channel.close();
  expect(judge(1)).toBe('stale-share');
});

it('hands out a solution from which the block can be built', () => {
  const channel = onTip(extendedChannel());
  const result = channel.validateShare(share(1, BLOCK, { version: 0x20000020 }), NOW);
  const solution = result.solution!;
  const job = template(1);
  expect(solution).toMatchObject({
    templateId: 77n,
    jobId: 1,
    version: 0x20000020,
    ntime: NOW.unixSeconds,
    nonce: BLOCK,
  });
  expect(solution.coinbase).toEqual(joinCoinbase(job.coinbasePrefix, EXTENDED_PREFIX, EXTRANONCE, job.coinbaseSuffix));
  const header = decodeHeader(solution.header);
  expect(header).toEqual({
    version: 0x20000020,
    prevHash: TIP_A.prevHash,
    merkleRoot: foldMerklePath(aimedHash.sha256d(solution.coinbase), job.merklePath, aimedHash),
    time: NOW.unixSeconds,
    nbits: TIP_A.nbits,
    nonce: BLOCK,
  });
  expect(solution.hash).toEqual(aimedHash.sha256d(solution.header));
});

it('gives a standard job the merkle root that its shares are judged by', () => {
  const channel = onTip(standardChannel());
  const { header } = channel.validateShare(share(1, BLOCK), NOW).solution!;
  expect(channel.merkleRoot(1)).toEqual(header.slice(36, 68));
});
