import { countSigops, legacySigops, parseScript } from './script.ts';
import type { Transaction, TxInput } from './transaction.ts';

const WITNESS_SCALE_FACTOR = 4;

/** Legacy signature operations of all input and output scripts, not yet scaled by 4. */
export function transactionLegacySigops(transaction: Transaction): number {
  let count = 0;
  for (const input of transaction.inputs) count += legacySigops(input.scriptSig);
  for (const output of transaction.outputs) count += legacySigops(output.script);
  return count;
}

/**
 * What a transaction adds to a block's limit of 80,000. `spentScripts` are the output scripts that its inputs spend, in
 * order; for a coinbase pass none.
 */
export function transactionSigopsCost(transaction: Transaction, spentScripts: readonly Uint8Array[]): number {
  let cost = transactionLegacySigops(transaction) * WITNESS_SCALE_FACTOR;
  spentScripts.forEach((script, index) => {
    const input = transaction.inputs[index];
    if (input !== undefined) cost += spendingCost(script, input);
  });
  return cost;
}

function spendingCost(spent: Uint8Array, input: TxInput): number {
  if (!isScriptHash(spent)) return witnessCost(spent, input);
  const redeem = redeemScript(input.scriptSig);
  if (redeem === undefined) return 0;
  return countSigops(redeem, true) * WITNESS_SCALE_FACTOR + witnessCost(redeem, input);
}

function witnessCost(script: Uint8Array, input: TxInput): number {
  if (script[0] !== 0 || script[1] !== script.length - 2) return 0;
  if (script.length === 22) return 1;
  const witnessScript = input.witness.at(-1);
  return script.length === 34 && witnessScript !== undefined ? countSigops(witnessScript, true) : 0;
}

function isScriptHash(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87;
}

/** The last push of a script that does nothing but push. */
function redeemScript(scriptSig: Uint8Array): Uint8Array | undefined {
  const { operations, complete } = parseScript(scriptSig);
  if (!complete || operations.some(({ opcode }) => opcode > 0x60)) return undefined;
  return operations.at(-1)?.data;
}
