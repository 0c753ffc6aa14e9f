import { targetFromNbits } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { BlockPacer, REGTEST_NBITS } from '@stratumkit/regtest';
import type { BlockPace } from './options.ts';

export function createPacer({ blockInterval, expectedHashrate }: BlockPace, now: Now): BlockPacer {
  const maximumTarget = targetFromNbits(REGTEST_NBITS);
  return new BlockPacer({ blockIntervalSeconds: blockInterval, expectedHashrate, maximumTarget }, now);
}
