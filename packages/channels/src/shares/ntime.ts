/** `MAX_FUTURE_BLOCK_TIME` of Bitcoin Core. */
export const MAX_FUTURE_BLOCK_TIME_SECONDS = 7200;

/**
 * The consensus limits and nothing tighter (spec 10.2). A clock that lags behind the chain does not shut the window: the upper
 * bound counts from the later of the two.
 */
export function isNtimeAllowed(ntime: number, minNtime: number, unixSeconds: number): boolean {
  return ntime >= minNtime && ntime <= Math.max(Math.floor(unixSeconds), minNtime) + MAX_FUTURE_BLOCK_TIME_SECONDS;
}
