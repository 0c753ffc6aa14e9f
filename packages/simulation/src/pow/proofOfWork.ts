import type { HashBackend } from '@stratumkit/bitcoin';
import type { Prng } from '../core/prng.ts';

/** The hash of a simulated world, and how its devices find nonces. */
export interface ProofOfWork {
  readonly name: 'cheap' | 'real';
  readonly hash: HashBackend;
  /**
   * A nonce, drawn evenly from those whose header meets the target: what a search that finds something finds. Undefined function:
   * the hash cannot be aimed at, devices have to try nonce after nonce. Undefined result: this header has no such nonce.
   */
  readonly aim?: (header: Uint8Array, target: Uint8Array, random: Prng) => number | undefined;
}
