import type { ExtendedShare, ShareErrorCode } from '@stratumkit/channels';
import { type RpcError, rpcError, type SubmitParams } from '@stratumkit/sv1';

/** What a share's version can be, given its job and what the miner was granted. */
export interface VersionTerms {
  readonly jobVersion: number;
  /** Bits the miner may change; 0 if the job allows none. */
  readonly mask: number;
}

/** The header's version, or undefined if bits outside of the mask are set (BIP310). Without version bits it is the job's. */
export function shareVersion(versionBits: number | undefined, { jobVersion, mask }: VersionTerms): number | undefined {
  if (versionBits === undefined) return jobVersion;
  if ((versionBits & ~mask) !== 0) return undefined;
  return ((jobVersion & ~mask) | versionBits) >>> 0;
}

/** A submit as the miner's channel judges it. */
export function shareOf(
  { extranonce2, ntime, nonce }: Pick<SubmitParams, 'extranonce2' | 'ntime' | 'nonce'>,
  jobId: number,
  version: number,
): ExtendedShare {
  return { sequenceNumber: 0, jobId, version, ntime, nonce, extranonce: extranonce2 };
}

/** What the upstream wants as the rolled part: padding, extranonce1, extranonce2. */
export function upstreamExtranonce(padding: number, extranonce1: Uint8Array, extranonce2: Uint8Array): Uint8Array {
  const extranonce = new Uint8Array(padding + extranonce1.length + extranonce2.length);
  extranonce.set(extranonce1, padding);
  extranonce.set(extranonce2, padding + extranonce1.length);
  return extranonce;
}

/** The SV1 error for a share that one of the pool's checks would refuse. */
export function rpcErrorOf(code: ShareErrorCode): RpcError {
  switch (code) {
    case 'stale-share':
    case 'invalid-job-id':
      return rpcError('staleOrUnknownJob');
    case 'duplicate-share':
      return rpcError('duplicateShare');
    case 'difficulty-too-low':
      return rpcError('lowDifficulty');
    case 'bad-extranonce-size':
      return rpcError('other', 'Invalid extranonce2 size');
    case 'version-rolling-not-allowed':
    case 'invalid-non-rollable-version-bit':
      return rpcError('other', 'Invalid version bits');
    case 'invalid-share':
      return rpcError('other', 'Time out of range');
    default:
      return rpcError('other');
  }
}
