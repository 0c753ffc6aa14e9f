/** One seed for every property, overridable to reproduce or to explore. */
export const SEED = { seed: Number(process.env.FC_SEED ?? 20250823) };
