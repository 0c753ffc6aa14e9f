import { foldMerklePath, headerHash } from '@stratumkit/bitcoin';
import { decodeFrameHeader, decodeTlvs, FRAME_HEADER_SIZE } from '@stratumkit/framing';
import { decodeMessage, type MiningMessage } from '@stratumkit/messages';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import { MINING_SETUP_SUCCESS_FLAGS } from '@stratumkit/messages/mining';
import { describe, expect, it } from 'vitest';
import { MiningClient, type MiningClientOutput, maxNtime, merkleRootOf, type SendOutput } from '../../src/index.ts';

const now = { monotonicMs: 1_000, unixSeconds: 1_700_000_000 };
const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const ANY = bytes(32, 0xff);

function sent(output: SendOutput) {
  const header = decodeFrameHeader(output.frame);
  const message = decodeMessage('mining', { ...header, payload: output.frame.subarray(FRAME_HEADER_SIZE) })!;
  return message;
}

const message = (name: string, value: object): MiningMessage => ({ name, value }) as unknown as MiningMessage;

function client(flags = 0, extensions: readonly number[] = []): MiningClient {
  return new MiningClient({ connection: 7, serverFlags: flags, extensions: new Set(extensions) });
}

interface Opened {
  readonly kind?: 'standard' | 'extended';
  readonly channelId?: number;
  readonly groupChannelId?: number;
  readonly extranonceSize?: number;
  readonly prefix?: Uint8Array;
}

function open(peer: MiningClient, options: Opened = {}): readonly MiningClientOutput[] {
  const kind = options.kind ?? 'extended';
  const { requestId } = peer.open({
    kind,
    userIdentity: 'user',
    nominalHashrate: 1,
    maxTarget: ANY,
    minExtranonceSize: 4,
  });
  const common = {
    requestId,
    channelId: options.channelId ?? 1,
    groupChannelId: options.groupChannelId ?? 100,
    target: bytes(32, 1),
    extranoncePrefix: options.prefix ?? bytes(4, 0xaa),
  };
  return kind === 'standard'
    ? peer.handle(message('OpenStandardMiningChannel.Success', common), now)
    : peer.handle(
        message('OpenExtendedMiningChannel.Success', { ...common, extranonceSize: options.extranonceSize ?? 4 }),
        now,
      );
}

const extendedJob = (channelId: number, jobId: number, minNtime?: number, versionRollingAllowed = true) =>
  message('NewExtendedMiningJob', {
    channelId,
    jobId,
    minNtime,
    version: 0x20000000,
    versionRollingAllowed,
    merklePath: [bytes(32, 3)],
    coinbaseTxPrefix: bytes(10, 4),
    coinbaseTxSuffix: bytes(10, 5),
  });
const standardJob = (channelId: number, jobId: number, minNtime?: number) =>
  message('NewMiningJob', { channelId, jobId, minNtime, version: 0x20000000, merkleRoot: bytes(32, 6) });
const prevHash = (channelId: number, jobId: number, minNtime = 50) =>
  message('SetNewPrevHash', { channelId, jobId, prevHash: bytes(32, 9), minNtime, nbits: 0x207fffff });
const setTarget = (channelId: number, fill: number) =>
  message('SetTarget', { channelId, maximumTarget: bytes(32, fill) });
const types = (outputs: readonly MiningClientOutput[]) =>
  outputs.map((output) => (output.type === 'violation' ? output.code : output.type));

describe('opening channels', () => {
  it('asks with increasing request ids, for either kind', () => {
    const peer = client();
    const request = { userIdentity: 'a.b', nominalHashrate: 5, maxTarget: ANY };
    const first = peer.open({ kind: 'standard', ...request });
    const second = peer.open({ kind: 'extended', minExtranonceSize: 6, ...request });
    expect(first.output).toMatchObject({ type: 'send', to: [7], kind: 'control' });
    expect(sent(first.output)).toMatchObject({
      name: 'OpenStandardMiningChannel',
      value: { requestId: 1, userIdentity: 'a.b', nominalHashRate: 5 },
    });
    expect(sent(second.output)).toMatchObject({
      name: 'OpenExtendedMiningChannel',
      value: { requestId: 2, minExtranonceSize: 6 },
    });
    expect(peer.openingCount).toBe(2);
  });

  it('pairs the answers', () => {
    const peer = client();
    const { requestId } = peer.open({ kind: 'standard', userIdentity: '', nominalHashrate: 0, maxTarget: ANY });
    const refused = message('OpenMiningChannel.Error', { requestId, errorCode: 'unknown-user' });
    expect(peer.handle(refused, now)).toEqual([{ type: 'refused', requestId, errorCode: 'unknown-user' }]);
    expect(types(peer.handle(refused, now))).toEqual(['ignored']);
    expect(types(open(peer))).toEqual(['opened']);
    expect(peer.channels.get(1)).toMatchObject({ kind: 'extended', extranonceSize: 4, groupChannelId: 100 });
  });

  it('takes channels of no group, one of which has the id that stands for none', () => {
    const peer = client();
    expect(types(open(peer, { channelId: 1, groupChannelId: 0 }))).toEqual(['opened']);
    expect(types(open(peer, { channelId: 0, groupChannelId: 0 }))).toEqual(['opened']);
    expect(types(open(peer, { channelId: 2, groupChannelId: 0 }))).toEqual(['opened']);
    expect(types(peer.handle(setTarget(0, 1), now))).toEqual(['target']);
  });

  it.each<[string, (peer: MiningClient) => readonly MiningClientOutput[], string]>([
    [
      'an answer without a request',
      (peer) =>
        peer.handle(
          message('OpenStandardMiningChannel.Success', {
            requestId: 99,
            channelId: 1,
            groupChannelId: 2,
            target: ANY,
            extranoncePrefix: bytes(4, 0),
          }),
          now,
        ),
      'unknown-request-id',
    ],
    [
      'a channel id twice',
      (peer) => {
        open(peer);
        return open(peer);
      },
      'duplicate-channel-id',
    ],
    [
      'a group with the id of a channel',
      (peer) => {
        open(peer);
        return open(peer, { channelId: 2, groupChannelId: 1 });
      },
      'channel-id-is-a-group',
    ],
    [
      'a channel with the id of a group',
      (peer) => {
        open(peer);
        return open(peer, { channelId: 100 });
      },
      'channel-id-is-a-group',
    ],
    ['an extranonce of 33 bytes', (peer) => open(peer, { extranonceSize: 29 }), 'extranonce-too-long'],
    ['less extranonce than asked for', (peer) => open(peer, { extranonceSize: 3 }), 'extranonce-too-short'],
  ])('calls %s a violation', (_name, run, code) => {
    expect(types(run(client()))).toEqual([code]);
  });
});

describe('jobs', () => {
  it('starts a future job at its SetNewPrevHash, with the target of that moment', () => {
    const peer = client();
    open(peer);
    expect(peer.handle(extendedJob(1, 5), now)).toMatchObject([{ type: 'futureJob', job: { jobId: 5 } }]);
    expect(types(peer.handle(setTarget(1, 2), now))).toEqual(['target']);
    expect(peer.handle(prevHash(1, 5), now)).toMatchObject([{ type: 'work', newTip: true }]);
    peer.handle(setTarget(1, 3), now);
    expect(peer.channels.get(1)!.work).toMatchObject({
      job: { jobId: 5 },
      tip: { nbits: 0x207fffff, minNtime: 50 },
      minNtime: 50,
      target: bytes(32, 2),
      extranonceSize: 4,
    });
  });

  it('starts a job with min_ntime at once, with the latest target and prefix', () => {
    const peer = client();
    open(peer);
    peer.handle(extendedJob(1, 5), now);
    peer.handle(prevHash(1, 5), now);
    peer.handle(setTarget(1, 3), now);
    peer.handle(message('SetExtranoncePrefix', { channelId: 1, extranoncePrefix: bytes(5, 0xbb) }), now);
    expect(peer.channels.get(1)!.work!.job.extranoncePrefix).toEqual(bytes(4, 0xaa));
    expect(peer.handle(extendedJob(1, 6, 60), now)).toMatchObject([{ type: 'work', newTip: false }]);
    expect(peer.channels.get(1)!.work).toMatchObject({
      job: { jobId: 6, extranoncePrefix: bytes(5, 0xbb) },
      minNtime: 60,
      target: bytes(32, 3),
    });
    expect(peer.channels.get(1)!.isValidJob(5)).toBe(true);
  });

  it('never mines below the min_ntime of the tip', () => {
    const peer = client();
    open(peer);
    peer.handle(extendedJob(1, 5), now);
    peer.handle(prevHash(1, 5, 50), now);
    peer.handle(extendedJob(1, 6, 20), now);
    expect(peer.channels.get(1)!.work!.minNtime).toBe(50);
  });

  it('forgets every other job at a new tip', () => {
    const peer = client();
    open(peer);
    for (const jobId of [1, 2, 3]) peer.handle(extendedJob(1, jobId), now);
    peer.handle(prevHash(1, 2), now);
    peer.handle(extendedJob(1, 4, 50), now);
    peer.handle(extendedJob(1, 5), now);
    peer.handle(prevHash(1, 5), now);
    const channel = peer.channels.get(1)!;
    expect([1, 2, 3, 4, 5].filter((jobId) => channel.isValidJob(jobId))).toEqual([5]);
    expect(channel.futureJobCount).toBe(0);
    expect(types(peer.handle(prevHash(1, 3), now))).toEqual(['prev-hash-for-unknown-job']);
  });

  it('addresses a group by its members as they are now', () => {
    const peer = client();
    for (const channelId of [1, 2, 3]) open(peer, { channelId });
    const addressed = (groupChannelId: number) =>
      peer.handle(setTarget(groupChannelId, 1), now).map((output) => 'channel' in output && output.channel.channelId);
    expect(addressed(100)).toEqual([1, 2, 3]);
    peer.handle(message('SetGroupChannel', { groupChannelId: 200, channelIds: [2, 3] }), now);
    peer.handle(message('CloseChannel', { channelId: 3, reasonCode: '' }), now);
    expect(addressed(100)).toEqual([1]);
    expect(addressed(200)).toEqual([2]);
    peer.handle(message('SetGroupChannel', { groupChannelId: 200, channelIds: [1] }), now);
    expect(types(peer.handle(setTarget(100, 1), now))).toEqual(['ignored']);
    peer.close(200, 'done');
    expect(peer.channels.size).toBe(0);
  });

  it.each<[string, Opened, MiningMessage, string]>([
    ['a job before any tip', {}, extendedJob(1, 1, 5), 'job-before-prev-hash'],
    ['a standard job on an extended channel', {}, standardJob(1, 1), 'standard-job-on-extended-channel'],
    ['a tip for a job never sent', {}, prevHash(1, 1), 'prev-hash-for-unknown-job'],
    ['a message that only a client sends', {}, message('SubmitSharesStandard', {}), 'unexpected-message'],
    [
      'a prefix that makes the extranonce too long',
      {},
      message('SetExtranoncePrefix', { channelId: 1, extranoncePrefix: bytes(29, 0) }),
      'extranonce-too-long',
    ],
    [
      'a group with the id of a channel',
      {},
      message('SetGroupChannel', { groupChannelId: 1, channelIds: [1] }),
      'channel-id-is-a-group',
    ],
  ])('calls %s a violation', (_name, options, input, code) => {
    const peer = client();
    open(peer, options);
    expect(types(peer.handle(input, now))).toEqual([code]);
  });

  it.each([
    extendedJob(9, 1),
    standardJob(9, 1),
    prevHash(9, 1),
    setTarget(9, 1),
    message('CloseChannel', { channelId: 9, reasonCode: '' }),
    message('SetExtranoncePrefix', { channelId: 9, extranoncePrefix: bytes(1, 0) }),
    message('SetGroupChannel', { groupChannelId: 8, channelIds: [9] }),
    message('SubmitShares.Success', {
      channelId: 9,
      lastSequenceNumber: 0,
      newSubmitsAcceptedCount: 1,
      newSharesSum: 1n,
    }),
    message('SubmitShares.Error', { channelId: 9, sequenceNumber: 0, errorCode: '' }),
    message('ChannelEndpointChanged', { channelId: 1 }),
  ])('ignores $name for a channel that is not open', (input) => {
    const peer = client();
    open(peer);
    expect(types(peer.handle(input, now))).toEqual(['ignored']);
  });

  it('keeps a bounded number of future jobs', () => {
    const peer = client();
    open(peer);
    for (let jobId = 0; jobId < 50; jobId++) peer.handle(extendedJob(1, jobId), now);
    expect(peer.channels.get(1)!.futureJobCount).toBe(16);
    expect(types(peer.handle(prevHash(1, 49), now))).toEqual(['work']);
  });

  it('keeps a bounded number of past jobs', () => {
    const peer = client();
    open(peer);
    peer.handle(extendedJob(1, 0), now);
    peer.handle(prevHash(1, 0), now);
    for (let jobId = 1; jobId <= 64; jobId++) peer.handle(extendedJob(1, jobId, 50), now);
    expect(peer.channels.get(1)!.isValidJob(0)).toBe(false);
    expect(peer.channels.get(1)!.isValidJob(1)).toBe(true);
  });

  it('allows no version rolling on a server of fixed versions', () => {
    const peer = client(MINING_SETUP_SUCCESS_FLAGS.requiresFixedVersion);
    open(peer);
    peer.handle(extendedJob(1, 1), now);
    peer.handle(prevHash(1, 1), now);
    expect(peer.channels.get(1)!.work!.job.versionRollingAllowed).toBe(false);
  });
});

describe('groups', () => {
  it('take jobs, tips and targets of the group, each with its own prefix', () => {
    const peer = client();
    open(peer, { kind: 'standard', channelId: 1, prefix: bytes(8, 1) });
    open(peer, { kind: 'extended', channelId: 2, prefix: bytes(4, 2) });
    open(peer, { kind: 'extended', channelId: 3, groupChannelId: 101 });
    expect(types(peer.handle(extendedJob(100, 5), now))).toEqual(['futureJob', 'futureJob']);
    peer.handle(setTarget(100, 8), now);
    expect(types(peer.handle(prevHash(100, 5), now))).toEqual(['work', 'work']);
    const [first, second, third] = [1, 2, 3].map((id) => peer.channels.get(id)!);
    expect(first!.work!.target).toEqual(bytes(32, 8));
    expect(third!.work).toBeUndefined();
    const coinbase = (prefix: Uint8Array, extranonce: Uint8Array) =>
      headerHash(Uint8Array.of(...bytes(10, 4), ...prefix, ...extranonce, ...bytes(10, 5)));
    expect(merkleRootOf(first!.work!.job, new Uint8Array(0))).toEqual(
      foldMerklePath(coinbase(bytes(8, 1), new Uint8Array(0)), [bytes(32, 3)]),
    );
    expect(merkleRootOf(second!.work!.job, bytes(4, 7))).toEqual(
      foldMerklePath(coinbase(bytes(4, 2), bytes(4, 7)), [bytes(32, 3)]),
    );
  });

  it('a member without the job waits, while the others go on', () => {
    const peer = client();
    open(peer, { channelId: 1 });
    peer.handle(extendedJob(100, 5), now);
    open(peer, { channelId: 2 });
    const outputs = peer.handle(prevHash(100, 5), now);
    expect(types(outputs)).toEqual(['work', 'work']);
    expect(peer.channels.get(1)!.work).toBeDefined();
    expect(peer.channels.get(2)!.work).toBeUndefined();
  });

  it('a member without a tip waits, while the others start a new job', () => {
    const peer = client();
    open(peer, { channelId: 1 });
    peer.handle(extendedJob(1, 5), now);
    peer.handle(prevHash(1, 5), now);
    open(peer, { channelId: 2 });
    expect(peer.handle(extendedJob(100, 6, 60), now)).toMatchObject([{ type: 'work', channel: { channelId: 1 } }]);
    expect(peer.channels.get(2)!.work).toBeUndefined();
  });

  it('a job that no member can start is one violation', () => {
    const peer = client();
    open(peer, { channelId: 1 });
    open(peer, { channelId: 2 });
    expect(types(peer.handle(extendedJob(100, 6, 60), now))).toEqual(['job-before-prev-hash']);
  });

  it('follow SetGroupChannel and are closed as a whole', () => {
    const peer = client();
    open(peer, { channelId: 1 });
    open(peer, { channelId: 2 });
    expect(peer.handle(message('SetGroupChannel', { groupChannelId: 200, channelIds: [2] }), now)).toEqual([]);
    peer.handle(extendedJob(200, 5), now);
    expect(types(peer.handle(prevHash(200, 5), now))).toEqual(['work']);
    const closed = peer.handle(message('CloseChannel', { channelId: 200, reasonCode: 'bye' }), now);
    expect(closed).toMatchObject([{ type: 'channelClosed', reason: 'bye', channel: { channelId: 2 } }]);
    expect([...peer.channels.keys()]).toEqual([1]);
  });
});

describe('shares', () => {
  function ready(kind: 'standard' | 'extended', extensions: readonly number[] = []): MiningClient {
    const peer = client(0, extensions);
    open(peer, { kind, prefix: bytes(4, 0xaa) });
    peer.handle(kind === 'standard' ? standardJob(1, 5) : extendedJob(1, 5), now);
    peer.handle(prevHash(1, 5), now);
    return peer;
  }
  const share = { jobId: 5, nonce: 1, ntime: 50, version: 0x20000000 };

  it('are numbered from 0 on, per channel', () => {
    const peer = ready('standard');
    expect(sent(peer.submit(1, share)!.output)).toMatchObject({
      name: 'SubmitSharesStandard',
      value: { channelId: 1, sequenceNumber: 0, ...share },
    });
    expect(peer.submit(1, share)!.sequenceNumber).toBe(1);
  });

  it('carry the extranonce on an extended channel', () => {
    const peer = ready('extended');
    expect(sent(peer.submit(1, { ...share, extranonce: bytes(4, 7) })!.output)).toMatchObject({
      name: 'SubmitSharesExtended',
      value: { extranonce: bytes(4, 7) },
    });
    expect(() => peer.submit(1, { ...share, extranonce: bytes(3, 7) })).toThrow(/4 bytes/);
    expect(() => peer.submit(2, share)).toThrow(/not open/);
  });

  it('are not sent for a job that is stale', () => {
    expect(ready('standard').submit(1, { ...share, jobId: 4 })).toBeUndefined();
  });

  it.each([
    ['rig-7', 'rig-7'],
    [undefined, 'user'],
    ['ü'.repeat(17), 'ü'.repeat(16)],
    [`x${'ü'.repeat(17)}`, `x${'ü'.repeat(15)}`],
  ])('name the worker %j once the extension is negotiated', (worker, expected) => {
    const peer = ready('extended', [WORKER_HASHRATE_TRACKING]);
    const named = worker === undefined ? {} : { worker };
    const { rest } = sent(peer.submit(1, { ...share, extranonce: bytes(4, 0), ...named })!.output);
    const fields = decodeTlvs(rest, new Set([WORKER_HASHRATE_TRACKING]));
    expect(fields.map((field) => new TextDecoder().decode(field.value))).toEqual([expected]);
  });

  it('name the worker only while the extension is negotiated', () => {
    const peer = ready('extended', [WORKER_HASHRATE_TRACKING]);
    const restSize = () => sent(peer.submit(1, { ...share, extranonce: bytes(4, 0) })!.output).rest.length;
    expect(restSize()).toBeGreaterThan(0);
    peer.setExtensions(new Set());
    expect(restSize()).toBe(0);
    peer.setExtensions(new Set([WORKER_HASHRATE_TRACKING]));
    expect(restSize()).toBeGreaterThan(0);
  });

  it('are answered in batches and one by one', () => {
    const peer = ready('standard');
    for (let i = 0; i < 5; i++) peer.submit(1, share);
    const channel = peer.channels.get(1)!;
    const rejected = message('SubmitShares.Error', { channelId: 1, sequenceNumber: 1, errorCode: 'stale-share' });
    expect(peer.handle(rejected, now)).toMatchObject([
      { type: 'rejected', sequenceNumber: 1, errorCode: 'stale-share' },
    ]);
    expect(types(peer.handle(rejected, now))).toEqual(['ignored']);
    const accepted = message('SubmitShares.Success', {
      channelId: 1,
      lastSequenceNumber: 3,
      newSubmitsAcceptedCount: 3,
      newSharesSum: 30n,
    });
    expect(peer.handle(accepted, now)).toMatchObject([
      { type: 'accepted', count: 3, difficultySum: 30n, sequenceNumbers: [0, 2, 3] },
    ]);
    expect(channel.pending.size).toBe(1);
  });

  it('wait for their answers in bounded number', () => {
    const peer = ready('standard');
    for (let i = 0; i < 5_000; i++) peer.submit(1, share);
    expect(peer.channels.get(1)!.pending.size).toBe(4_096);
  });

  it('may carry a time up to the seconds since the tip was announced', () => {
    const work = ready('standard').channels.get(1)!.work!;
    expect(maxNtime(work, now.monotonicMs)).toBe(50);
    expect(maxNtime(work, now.monotonicMs + 999)).toBe(50);
    expect(maxNtime(work, now.monotonicMs + 1_000)).toBe(51);
    expect(maxNtime({ ...work, minNtime: 70 }, now.monotonicMs + 1_000)).toBe(70);
  });
});

describe('updates and ends', () => {
  it('reports hashrate and target', () => {
    const peer = client();
    open(peer);
    expect(sent(peer.update(1, 9, bytes(32, 2)))).toMatchObject({
      name: 'UpdateChannel',
      value: { channelId: 1, nominalHashRate: 9, maximumTarget: bytes(32, 2) },
    });
    const refused = { channelId: 1, errorCode: 'invalid-nominal-hashrate' };
    expect(peer.handle(message('UpdateChannel.Error', refused), now)).toEqual([{ type: 'updateRefused', ...refused }]);
  });

  it('closes a channel', () => {
    const peer = client();
    open(peer);
    expect(sent(peer.close(1, 'done'))).toMatchObject({ name: 'CloseChannel', value: { reasonCode: 'done' } });
    expect(peer.channels.size).toBe(0);
  });

  it('closes a group with all its channels', () => {
    const peer = client();
    open(peer, { channelId: 1 });
    open(peer, { channelId: 2 });
    open(peer, { channelId: 3, groupChannelId: 101 });
    expect(sent(peer.close(100, 'done'))).toMatchObject({ name: 'CloseChannel', value: { channelId: 100 } });
    expect([...peer.channels.keys()]).toEqual([3]);
    expect(() => peer.close(100, 'done')).toThrow(/not open/);
  });

  it('sends no control characters in a reason', () => {
    const peer = client();
    open(peer);
    const reasonCode = 'gone?[31m??';
    expect(sent(peer.close(1, 'gone\u001b[31m\u0000\u007f'))).toMatchObject({ value: { reasonCode } });
  });

  it('hands a redirection on', () => {
    const redirect = message('Reconnect', { newHost: 'b.example', newPort: 0 });
    expect(client().handle(redirect, now)).toEqual([{ type: 'reconnect', host: 'b.example', port: 0 }]);
  });
});

describe('the bounds of what an upstream may send', () => {
  const ofViolation = (outputs: readonly MiningClientOutput[]) =>
    outputs.map((output) => (output.type === 'violation' ? output.code : output.type));

  it('a target that no hash meets breaks the protocol, at the opening and later', () => {
    const peer = client();
    open(peer);
    const maximumTarget = bytes(32, 0);
    expect(ofViolation(peer.handle(message('SetTarget', { channelId: 1, maximumTarget }), now))).toEqual([
      'impossible-target',
    ]);
    const { requestId } = peer.open({ kind: 'standard', userIdentity: 'user', nominalHashrate: 1, maxTarget: ANY });
    const success = { requestId, channelId: 2, groupChannelId: 0, target: bytes(32, 0), extranoncePrefix: bytes(4, 0) };
    expect(ofViolation(peer.handle(message('OpenStandardMiningChannel.Success', success), now))).toEqual([
      'impossible-target',
    ]);
  });

  it('the first part of a coinbase leaves room for an extranonce', () => {
    const peer = client();
    open(peer);
    const jobOf = (size: number) => {
      const job = extendedJob(1, size);
      return { ...job, value: { ...job.value, coinbaseTxPrefix: bytes(size, 0) } } as MiningMessage;
    };
    expect(ofViolation(peer.handle(jobOf(0xffff - 32), now))).toEqual(['futureJob']);
    expect(ofViolation(peer.handle(jobOf(0xffff - 31), now))).toEqual(['coinbase-too-long']);
  });

  it('requests without an answer are forgotten beyond a limit, the oldest first', () => {
    const limits = { unansweredRequests: 3 };
    const peer = new MiningClient({ connection: 7, serverFlags: 0, extensions: new Set(), limits });
    const request = { kind: 'standard', userIdentity: 'user', nominalHashrate: 1, maxTarget: ANY } as const;
    const ids = [1, 2, 3, 4].map(() => peer.open(request).requestId);
    expect(peer.openingCount).toBe(3);
    const answer = (requestId: number) =>
      peer.handle(message('OpenMiningChannel.Error', { requestId, errorCode: 'unknown-user' }), now);
    expect(ofViolation(answer(ids[0]!))).toEqual(['ignored']);
    expect(ofViolation(answer(ids[1]!))).toEqual(['refused']);
  });
});
