/** The seed of this run's properties: FC_SEED from the environment, or always the same one. */
export const SEED: number = process.env.FC_SEED === undefined ? 20_260_820 : Number(process.env.FC_SEED);

/** What every `fc.assert` gets; fast-check prints the seed and path of a failure. */
export function propertyOptions(numRuns = 200): { readonly seed: number; readonly numRuns: number } {
  return { seed: SEED, numRuns };
}

/** A deterministic stream of bytes for tests: the same seed, the same bytes. Not for keys anybody relies on. */
export function seededRandom(seed: number = SEED): (length: number) => Uint8Array {
  let state = seed >>> 0;
  // mulberry32
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  };
  return (length) => Uint8Array.from({ length }, () => next() >>> 24);
}
