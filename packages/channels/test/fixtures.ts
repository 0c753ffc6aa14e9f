import type { Now } from '@stratumkit/codec';
import {
  type ChainTip,
  ExtendedChannel,
  type ExtendedChannelOptions,
  type ExtendedJobTemplate,
  JobIds,
  type ShareResult,
  StandardChannel,
} from '../src/index.ts';
import { aimedHash } from './aimedHash.ts';

export const NOW: Now = { monotonicMs: 1_000_000, unixSeconds: 1_700_000_000 };
export const later = (ms: number): Now => ({
  monotonicMs: NOW.monotonicMs + ms,
  unixSeconds: NOW.unixSeconds + ms / 1000,
});

/** The target that aimed hashes meet if and only if their nonce's highest byte is at most `top`. */
export const targetOf = (top: number): Uint8Array => new Uint8Array(32).fill(0xff).with(31, top);

/** Aimed at: block below 0x10, share below 0x80. */
export const BLOCK = 0x0f000000;
export const SHARE = 0x7f000000;
export const MISS = 0xff000000;

export const tip = (byte: number, changes: Partial<ChainTip> = {}): ChainTip => ({
  prevHash: new Uint8Array(32).fill(byte),
  nbits: 0x207fffff,
  minNtime: NOW.unixSeconds - 600,
  blockTarget: targetOf(0x0f),
  ...changes,
});

export const TIP_A = tip(0xaa);
export const TIP_B = tip(0xbb);

export function template(jobId: number, changes: Partial<ExtendedJobTemplate> = {}): ExtendedJobTemplate {
  return {
    jobId,
    templateId: 77n,
    version: 0x20000000,
    versionRollingAllowed: true,
    merklePath: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
    coinbasePrefix: new Uint8Array(60).fill(3),
    coinbaseSuffix: new Uint8Array(50).fill(4),
    minNtime: NOW.unixSeconds,
    ...changes,
  };
}

export const futureTemplate = (jobId: number, changes: Partial<ExtendedJobTemplate> = {}): ExtendedJobTemplate =>
  template(jobId, { minNtime: undefined, ...changes });

export const STANDARD_PREFIX = new Uint8Array(20).fill(0xee);
export const EXTENDED_PREFIX = new Uint8Array(12).fill(0xdd);
export const EXTRANONCE = new Uint8Array(8).fill(0x55);

export function standardChannel(changes: Partial<ExtendedChannelOptions> = {}): StandardChannel {
  return new StandardChannel({
    channelId: 1,
    extranoncePrefix: STANDARD_PREFIX,
    target: targetOf(0x7f),
    jobIds: new JobIds(),
    hash: aimedHash,
    ...changes,
  });
}

export function extendedChannel(changes: Partial<ExtendedChannelOptions> = {}): ExtendedChannel {
  return new ExtendedChannel({
    channelId: 2,
    extranoncePrefix: EXTENDED_PREFIX,
    extranonceSize: 8,
    target: targetOf(0x7f),
    jobIds: new JobIds(),
    hash: aimedHash,
    ...changes,
  });
}

/** A channel on tip A with the active job 1, which was a future job. */
export function onTip<C extends StandardChannel | ExtendedChannel>(channel: C): C {
  channel.addJob(futureTemplate(1));
  channel.activate(1, TIP_A, NOW);
  return channel;
}

export const share = (jobId: number, nonce: number, changes: Record<string, unknown> = {}) => ({
  sequenceNumber: 9,
  jobId,
  nonce,
  ntime: NOW.unixSeconds,
  version: 0x20000000,
  extranonce: EXTRANONCE,
  ...changes,
});

/** `accepted`, or the error code; with `+block` if a solution came with it. */
export function told(result: ShareResult): string {
  const word = result.outcome === 'accepted' ? 'accepted' : result.errorCode;
  return result.solution === undefined ? word : `${word}+block`;
}
