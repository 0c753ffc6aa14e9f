import { bigintToTarget, MAX_TARGET } from '@stratumkit/bitcoin';

/** One header's nonces are enough for a share; what is aimed at must not be harder. */
export const HARDEST_TARGET = bigintToTarget(MAX_TARGET >> 31n);
export const EASIEST_TARGET = bigintToTarget(MAX_TARGET);
/** Bounds of what vardiff believes. */
export const MIN_HASHRATE = 10;
export const MAX_HASHRATE = 100_000_000;
