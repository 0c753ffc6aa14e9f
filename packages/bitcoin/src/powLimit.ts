import type { Network } from './address.ts';
import { decodeNbits, isValidNbits } from './target.ts';

/** `powLimit` of each network: the easiest target a block of it may have. */
const POW_LIMIT_NBITS: Readonly<Record<Network, number>> = {
  mainnet: 0x1d00ffff,
  testnet3: 0x1d00ffff,
  testnet4: 0x1d00ffff,
  signet: 0x1e0377ae,
  regtest: 0x207fffff,
};

/** Mainnet has been harder than this since 2014; test networks are far easier. */
const MAINNET_DIFFICULTY = 10_000_000_000n;

/** Whether a block with this compact target can be one of the network today. True does not say that it is: test networks look alike. */
export function fitsNetwork(nbits: number, network: Network): boolean {
  const limit = POW_LIMIT_NBITS[network];
  // Regtest never changes its target.
  if (network === 'regtest') return nbits === limit;
  const easiest = decodeNbits(limit).target;
  return isValidNbits(nbits, network === 'mainnet' ? easiest / MAINNET_DIFFICULTY : easiest);
}
