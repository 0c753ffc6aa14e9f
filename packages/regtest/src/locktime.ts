import type { Transaction } from '@stratumkit/bitcoin';
import type { Coin } from './coins.ts';

const LOCKTIME_THRESHOLD = 500_000_000;
const SEQUENCE_FINAL = 0xffffffff;
const SEQUENCE_DISABLE = 0x80000000;
const SEQUENCE_TIME = 0x00400000;
const SEQUENCE_MASK = 0xffff;
const SEQUENCE_GRANULARITY = 9;

/** Whether `transaction` may stand in the block at `height` whose predecessor has this median time past (BIP113). */
export function isFinal(transaction: Transaction, height: number, medianTimePast: number): boolean {
  const { locktime, inputs } = transaction;
  if (locktime === 0 || locktime < (locktime < LOCKTIME_THRESHOLD ? height : medianTimePast)) return true;
  return inputs.every((input) => input.sequence === SEQUENCE_FINAL);
}

/** The chain as BIP68 sees it. */
export interface SequenceLockContext {
  readonly height: number;
  readonly medianTimePast: number;
  /** Median time past of the block at `height` in this chain. */
  medianTimePastAt(height: number): number;
}

/** Whether the relative locks of all inputs have run out (BIP68). `spent` are the coins in the order of the inputs. */
export function sequenceLocksPassed(
  transaction: Transaction,
  spent: readonly Coin[],
  context: SequenceLockContext,
): boolean {
  if (transaction.version < 2) return true;
  return transaction.inputs.every(({ sequence }, index) => {
    if ((sequence & SEQUENCE_DISABLE) !== 0) return true;
    const { height } = spent[index]!;
    const lock = sequence & SEQUENCE_MASK;
    if ((sequence & SEQUENCE_TIME) === 0) return height + lock - 1 < context.height;
    const since = context.medianTimePastAt(Math.max(height - 1, 0));
    return since + lock * 2 ** SEQUENCE_GRANULARITY - 1 < context.medianTimePast;
  });
}
