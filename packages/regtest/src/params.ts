/** Consensus parameters of Bitcoin Core's regtest (`CRegTestParams`), as far as this chain enforces them. */
export const REGTEST_NBITS = 0x207fffff;
/** Blocks between halvings of the subsidy; mainnet has 210,000. */
export const HALVING_INTERVAL = 150;
/** Blocks above a coinbase's own before one may spend it. */
export const COINBASE_MATURITY = 100;
export const MAX_BLOCK_WEIGHT = 4_000_000;
export const MAX_BLOCK_SIGOPS_COST = 80_000;
export const WITNESS_SCALE_FACTOR = 4;
export const MAX_FUTURE_BLOCK_SECONDS = 2 * 60 * 60;
export const MEDIAN_TIME_SPAN = 11;
export const COIN = 100_000_000n;
export const MAX_MONEY = 21_000_000n * COIN;
/** BIP34, BIP65, BIP66 and CSV are active from height 1, so an older version is refused from the first block on. */
export const MINIMUM_BLOCK_VERSION = 4;
/** Version of the templates: BIP9 top bits, nothing signalled. */
export const TEMPLATE_VERSION = 0x20000000;
/** Core's floor for the weight reserved for header, transaction count and coinbase. */
export const MINIMUM_RESERVED_WEIGHT = 2_000;

/** Largest target regtest allows (`powLimit`), as a number. */
export const POW_LIMIT = (1n << 255n) - 1n;

/** Subsidy of the block at `height` in satoshis. */
export function blockSubsidy(height: number): bigint {
  const halvings = Math.floor(height / HALVING_INTERVAL);
  return halvings >= 64 ? 0n : (50n * COIN) >> BigInt(halvings);
}
