import { createFastJobHasher, fastHash } from '@stratumkit/accelerate';
import { type HashBackend, portableHash } from '@stratumkit/bitcoin';
import {
  type CreateJobHasher,
  ExtendedChannel,
  type ExtendedJobTemplate,
  JobIds,
  StandardChannel,
} from '@stratumkit/channels';
import { seededRandom } from '@stratumkit/testing';
import type { Bench } from 'tinybench';

/** Shares per task run, so that microseconds a run are tens of nanoseconds a share. */
const SHARES = 100;
const NOW = { monotonicMs: 0, unixSeconds: 1_700_000_000 };

/** Keeps results alive, so that no check can be optimised away. */
const sink = { value: 0 };

interface BackEnd {
  readonly hash: HashBackend;
  readonly createJobHasher?: CreateJobHasher;
}

/** Full checks, the share's target missed, so that the memory of a long run stays what it is in a real one. */
export function register(bench: Bench): void {
  const backEnds: Record<string, BackEnd> = {
    portable: { hash: portableHash },
    fast: { hash: fastHash, createJobHasher: createFastJobHasher },
  };
  for (const [name, backEnd] of Object.entries(backEnds)) {
    const random = seededRandom();
    // 250 bytes of coinbase: 110 + 4 of prefix, 16 rolled, 120.
    const template: ExtendedJobTemplate = {
      jobId: 1,
      templateId: 1n,
      version: 0x20000000,
      versionRollingAllowed: true,
      merklePath: Array.from({ length: 12 }, () => random(32)),
      coinbasePrefix: random(110),
      coinbaseSuffix: random(120),
      minNtime: undefined,
    };
    const common = { channelId: 1, target: new Uint8Array(32).fill(1, 0, 1), jobIds: new JobIds(), ...backEnd };
    const standard = new StandardChannel({ ...common, extranoncePrefix: random(20) });
    const extended = new ExtendedChannel({ ...common, extranoncePrefix: random(4), extranonceSize: 16 });
    const chainTip = {
      prevHash: random(32),
      nbits: 0x1d00ffff,
      minNtime: NOW.unixSeconds,
      blockTarget: new Uint8Array(32),
    };
    for (const channel of [standard, extended]) {
      channel.addJob(template);
      channel.activate(1, chainTip, NOW);
    }
    const corpus = Array.from({ length: SHARES }, (_, sequenceNumber) => ({
      sequenceNumber,
      jobId: 1,
      nonce: sequenceNumber * 7_919,
      ntime: NOW.unixSeconds,
      version: 0x20000000,
      extranonce: random(16),
    }));
    bench.add(`${name}: standard share check, ${SHARES} times`, () => {
      for (const share of corpus) sink.value ^= standard.validateShare(share, NOW).jobId;
    });
    bench.add(`${name}: extended share check, 250-byte coinbase, 12 branches, ${SHARES} times`, () => {
      for (const share of corpus) sink.value ^= extended.validateShare(share, NOW).jobId;
    });
    const header = random(80);
    bench.add(`${name}: double SHA-256 of a header, ${SHARES} times`, () => {
      for (let n = 0; n < SHARES; n++) sink.value ^= backEnd.hash.sha256d(header)[0]!;
    });
  }
}
