import type { BlockTemplate, TemplateTransaction } from './blockTemplate.ts';

const MAX_BLOCK_WEIGHT = 4_000_000;
const MAX_BLOCK_SIGOPS = 80_000;
const WEIGHT_PER_BYTE = 4;
/** Spec 7.1: header, transaction count, coinbase with a full scriptSig, output count and, in SegWit blocks, commitment. */
const SEGWIT_RESERVE = 1_168;
const LEGACY_RESERVE = 944;
/** Core reserves this much at least. */
const MINIMUM_RESERVE = 2_000;

/** What a client adds to the coinbase (spec 7.1). */
export interface CoinbaseConstraints {
  readonly maxAdditionalSize: number;
  readonly maxAdditionalSigops: number;
}

/** What is left of a template beside a client's coinbase. */
export interface FittedTemplate {
  readonly transactions: readonly TemplateTransaction[];
  /** Subsidy and the fees of the transactions that stayed. */
  readonly coinbaseValue: bigint;
}

/** Weight units to keep free for everything that is not in the template's transactions. */
export function reservedWeight(constraints: CoinbaseConstraints, witness: boolean): number {
  const fixed = witness ? SEGWIT_RESERVE : LEGACY_RESERVE;
  return Math.max(MINIMUM_RESERVE, fixed + WEIGHT_PER_BYTE * constraints.maxAdditionalSize);
}

/** Whether even a block without transactions has room for such a coinbase. */
export function isSatisfiable(constraints: CoinbaseConstraints): boolean {
  return reservedWeight(constraints, true) <= MAX_BLOCK_WEIGHT;
}

/** Leaves out what does not fit beside the coinbase, and whatever spends it. Kept transactions keep their order. */
export function fitTemplate(template: BlockTemplate, constraints: CoinbaseConstraints): FittedTemplate {
  const weightLimit = MAX_BLOCK_WEIGHT - reservedWeight(constraints, template.witness);
  const sigopsLimit = MAX_BLOCK_SIGOPS - constraints.maxAdditionalSigops;
  const kept: TemplateTransaction[] = [];
  const dropped = new Set<number>();
  let { coinbaseValue } = template;
  let weight = 0;
  let sigops = 0;
  for (const [index, transaction] of template.transactions.entries()) {
    const fits = weight + transaction.weight <= weightLimit && sigops + transaction.sigops <= sigopsLimit;
    if (!fits || transaction.depends.some((parent) => dropped.has(parent))) {
      dropped.add(index);
      coinbaseValue -= transaction.fee;
      continue;
    }
    weight += transaction.weight;
    sigops += transaction.sigops;
    kept.push(transaction);
  }
  return { transactions: dropped.size === 0 ? template.transactions : kept, coinbaseValue };
}
