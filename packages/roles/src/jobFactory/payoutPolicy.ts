import { decodeAddress, type Network } from '@stratumkit/bitcoin';
import { boundOf, createPayout, type Payout, type PayoutBound } from './payout.ts';

/** Decides per channel whom its work pays. */
export interface PayoutPolicy {
  /** Undefined for an identity that must be refused with `invalid-user-identity`. */
  payoutOf(userIdentity: string): Payout | undefined;
  /** No payout's outputs take more. */
  readonly bound: PayoutBound;
}

/** Everything to one script, whoever mines. */
export function createFixedPayoutPolicy(script: Uint8Array): PayoutPolicy {
  const payout = createPayout(script);
  return { bound: boundOf([script]), payoutOf: () => payout };
}

/** The longest script an address can stand for is a witness program of 40 bytes; P2PKH has the most signature operations. */
const LONGEST_ADDRESS_SCRIPT = 42;
const ADDRESS_SIGOPS = 4;

/**
 * The reference implementation's identities, per channel:
 * `sri/solo/<address>[/<worker>]` and `<address>[.<worker>]` all to the miner, `sri/donate/<1..99>/<address>[/<worker>]` that
 * percentage to the pool, `sri/donate[/<worker>]` and everything else all to the pool. A malformed `sri/...` and an address
 * with a wrong checksum or of another network are refused.
 */
export function createIdentityPayoutPolicy(poolScript: Uint8Array, network: Network): PayoutPolicy {
  const toPool = createPayout(poolScript);
  const pool = boundOf([poolScript]);
  const toMiner = (address: string, percentToPool = 0): Payout | undefined => {
    const decoded = decodeAddress(address, network);
    if (!('script' in decoded)) return undefined;
    return createPayout(decoded.script, percentToPool === 0 ? [] : [{ script: poolScript, percent: percentToPool }]);
  };
  return {
    bound: { size: pool.size + 9 + LONGEST_ADDRESS_SCRIPT, sigops: pool.sigops + ADDRESS_SIGOPS },
    payoutOf(userIdentity) {
      const [scheme, ...words] = userIdentity.split('/');
      if (scheme === 'sri' && words.length > 0) return ofWords(words, toPool, toMiner);
      const address = userIdentity.split('.', 1)[0]!;
      const decoded = decodeAddress(address, network);
      if ('script' in decoded) return createPayout(decoded.script);
      return decoded.problem === 'not-an-address' ? toPool : undefined;
    },
  };
}

function ofWords(
  [mode, ...words]: readonly string[],
  toPool: Payout,
  toMiner: (address: string, percentToPool?: number) => Payout | undefined,
): Payout | undefined {
  if (mode === 'solo') return words.length === 1 || words.length === 2 ? toMiner(words[0]!) : undefined;
  if (mode !== 'donate') return undefined;
  if (words.length <= 1) return toPool;
  const [percent = '', address = ''] = words;
  return words.length <= 3 && /^[1-9][0-9]?$/.test(percent) ? toMiner(address, Number(percent)) : undefined;
}
