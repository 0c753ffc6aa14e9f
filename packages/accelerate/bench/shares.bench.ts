import { digest } from '@chainsafe/as-sha256';
import { portableHash } from '@stratumkit/bitcoin';
import {
  type ChannelOptions,
  createPortableJobHasher,
  ExtendedChannel,
  JobIds,
  type ShareResult,
  StandardChannel,
} from '@stratumkit/channels';
import { createFastJobHasher, fastHash } from '../src/index.ts';
import { interleave, ratioOf } from './interleave.ts';
import { seededRandom, sink } from './support.ts';

const NOW = { monotonicMs: 0, unixSeconds: 1_790_000_000 };
const CHANNELS = 1_000;
/** Fewer than a channel remembers of one tip. */
const SHARES_PER_CHANNEL = 4_096;

const BACK_ENDS = {
  portable: { hash: portableHash, createJobHasher: createPortableJobHasher(portableHash) },
  fast: { hash: fastHash, createJobHasher: createFastJobHasher },
};

/** Whole share checks and merkle roots against one double SHA-256 of a header, in turns. */
export async function run({ timeMs }: { readonly timeMs: number }) {
  const header = seededRandom('header')(80);
  const base = 'digest(digest(80 bytes)) of @chainsafe/as-sha256';
  const tasks: Record<string, () => void> = {
    [base]: () => {
      sink.value ^= digest(digest(header))[3]!;
    },
  };
  for (const [name, backEnd] of Object.entries(BACK_ENDS)) {
    tasks[`${name}: extended share check, 250-byte coinbase, 12 branches`] = extendedCheck(backEnd);
    tasks[`${name}: standard share check`] = standardCheck(backEnd);
    tasks[`${name}: merkle roots of ${CHANNELS} standard channels, 12 branches`] = merkleRoots(backEnd);
  }
  const results = interleave(tasks, timeMs * 4);
  const rows = [...results.values()].map(({ name, median, best, samples }) => ({
    name,
    unit: 'us',
    median,
    best,
    samples,
  }));
  const ratios = [...results.values()].flatMap((measurement) => {
    if (measurement.name === base || measurement.name.includes('merkle roots')) return [];
    const ratio = ratioOf(measurement, results.get(base)!);
    return [{ name: `${measurement.name} / ${base}`, unit: 'times', ...ratio }];
  });
  return [...rows, ...ratios];
}

type BackEnd = Required<Pick<ChannelOptions, 'hash' | 'createJobHasher'>>;

/** Accepted shares, each with an extranonce and a nonce of its own. */
function extendedCheck(backEnd: BackEnd): () => void {
  const create = () =>
    onTip(
      new ExtendedChannel({ ...options(backEnd), extranoncePrefix: new Uint8Array(4), extranonceSize: 16 }),
      4 + 16,
    );
  const extranonce = new Uint8Array(16);
  const view = new DataView(extranonce.buffer);
  let channel = create();
  let nonce = 0;
  return () => {
    nonce = (nonce + 1) >>> 0;
    if (nonce % SHARES_PER_CHANNEL === 0) channel = create();
    view.setUint32(0, nonce);
    check(channel.validateShare({ ...shareOf(nonce), extranonce }, NOW));
  };
}

function standardCheck(backEnd: BackEnd): () => void {
  const create = () => onTip(new StandardChannel({ ...options(backEnd), extranoncePrefix: new Uint8Array(20) }), 20);
  let channel = create();
  let nonce = 0;
  return () => {
    nonce = (nonce + 1) >>> 0;
    if (nonce % SHARES_PER_CHANNEL === 0) channel = create();
    check(channel.validateShare(shareOf(nonce), NOW));
  };
}

function shareOf(nonce: number) {
  return { sequenceNumber: nonce, jobId: 1, nonce, ntime: NOW.unixSeconds, version: 0x20000000 };
}

function check({ outcome }: ShareResult): void {
  if (outcome !== 'accepted') throw new Error('not accepted');
}

/** What a new job means for channels that each need a root of their own. */
function merkleRoots({ createJobHasher }: BackEnd): () => void {
  const job = template(20);
  const root = new Uint8Array(32);
  return () => {
    for (let channel = 0; channel < CHANNELS; channel++) {
      const extranoncePrefix = new Uint8Array(20);
      extranoncePrefix[0] = channel;
      extranoncePrefix[1] = channel >> 8;
      const input = { ...job, extranoncePrefix, extranonceSize: 0 };
      createJobHasher(input).merkleRootInto(extranoncePrefix.subarray(20), root, 0);
      sink.value ^= root[0]!;
    }
  };
}

function options(backEnd: BackEnd) {
  return { ...backEnd, channelId: 1, target: new Uint8Array(32).fill(0xff), jobIds: new JobIds() };
}

function onTip<Channel extends ExtendedChannel | StandardChannel>(channel: Channel, extranonceSize: number): Channel {
  channel.addJob(template(extranonceSize));
  channel.activate(
    1,
    {
      prevHash: new Uint8Array(32).fill(7),
      nbits: 0x17020000,
      minNtime: NOW.unixSeconds,
      blockTarget: new Uint8Array(32),
    },
    NOW,
  );
  return channel;
}

/** A coinbase of 250 bytes and a path of 12 branches. */
function template(extranonceSize: number) {
  const random = seededRandom('template');
  return {
    jobId: 1,
    templateId: 1n,
    version: 0x20000000,
    versionRollingAllowed: true,
    merklePath: Array.from({ length: 12 }, () => random(32)),
    coinbasePrefix: random(90),
    coinbaseSuffix: random(250 - 90 - extranonceSize),
    minNtime: undefined,
  };
}
