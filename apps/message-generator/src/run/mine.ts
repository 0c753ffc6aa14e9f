import { fastHash } from '@stratumkit/accelerate';
import { type BlockHeader, encodeHeader, meetsTarget } from '@stratumkit/bitcoin';
import { UsageError } from '@stratumkit/codec';
import type { MineStep } from '../format/model.ts';
import { evaluate, type Scope } from '../values/evaluate.ts';
import { SkipTest } from './failure.ts';
import { bytesOf } from './sending.ts';

/** Hashes a test may try: some seconds on one core. */
export const DEFAULT_MAX_HASHES = 4_000_000;

/** Hashes between two looks at what else there is to do. */
const TURN = 2_048;
const NONCE_OFFSET = 76;

/** The nonce with which the header's hash meets the target, or misses it. Throws SkipTest past the bound. */
export async function mine(step: MineStep, scope: Scope, maxHashes: number, signal: AbortSignal): Promise<number> {
  const number = (json: MineStep['target']): number => Number(evaluate(json, scope));
  const header: BlockHeader = {
    version: number(step.header.version),
    prevHash: hashOf(step.header.prevHash, scope),
    merkleRoot: hashOf(step.header.merkleRoot, scope),
    time: number(step.header.ntime),
    nbits: number(step.header.nbits),
    nonce: 0,
  };
  const other =
    step.unlessMerkleRoot === undefined
      ? undefined
      : encodeHeader({ ...header, merkleRoot: hashOf(step.unlessMerkleRoot, scope) });
  const target = hashOf(step.target, scope);
  const bytes = encodeHeader(header);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  let nonce = number(step.fromNonce) >>> 0;
  for (let tried = 0; tried < maxHashes; tried++) {
    view.setUint32(NONCE_OFFSET, nonce, true);
    if (meetsTarget(fastHash.sha256d(bytes), target) === (step.want === 'share')) {
      other?.set(bytes.subarray(NONCE_OFFSET), NONCE_OFFSET);
      if (other === undefined || !meetsTarget(fastHash.sha256d(other), target)) return nonce;
    }
    nonce = (nonce + 1) >>> 0;
    if (tried % TURN === TURN - 1) {
      await new Promise((resolve) => setImmediate(resolve));
      signal.throwIfAborted();
    }
  }
  const what = step.want === 'share' ? 'meets' : 'misses';
  throw new SkipTest(`no hash of ${maxHashes} ${what} the target that was given (--max-hashes)`);
}

function hashOf(json: MineStep['target'], scope: Scope): Uint8Array {
  const bytes = bytesOf(json, scope);
  if (bytes.length !== 32) throw new UsageError('expression', `"mine" needs 32 bytes, got ${bytes.length}`);
  return bytes;
}
