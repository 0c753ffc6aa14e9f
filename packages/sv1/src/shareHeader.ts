import { type BlockHeader, foldMerklePath, type HashBackend, joinCoinbase, portableHash } from '@stratumkit/bitcoin';
import type { SubmitParams } from './methods/session.ts';
import type { NotifyParams } from './methods/work.ts';

/**
 * The block header a share stands for, as miner and pool both compute it. `versionMask` is what version rolling was granted;
 * bits of the share outside of it are the caller's to refuse, here they are left as in the job.
 */
export function shareHeader(
  job: NotifyParams,
  share: Pick<SubmitParams, 'extranonce2' | 'ntime' | 'nonce' | 'versionBits'>,
  extranonce1: Uint8Array,
  options: { readonly versionMask?: number; readonly hash?: HashBackend } = {},
): BlockHeader {
  const { versionMask = 0, hash = portableHash } = options;
  const coinbase = joinCoinbase(job.coinbase1, extranonce1, share.extranonce2, job.coinbase2);
  const bits = share.versionBits ?? job.version;
  return {
    version: ((job.version & ~versionMask) | (bits & versionMask)) >>> 0,
    prevHash: job.prevHash,
    merkleRoot: foldMerklePath(hash.sha256d(coinbase), job.merklePath, hash),
    time: share.ntime,
    nbits: job.nbits,
    nonce: share.nonce,
  };
}
