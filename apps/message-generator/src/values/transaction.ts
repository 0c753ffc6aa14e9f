import { decodeTransaction, encodeOutputs, encodeTransaction } from '@stratumkit/bitcoin';
import type { JsonObject } from '@stratumkit/codec';

/** A transaction taken apart, as far as a coinbase is looked at: bytes as lists. Throws RemoteError for bytes that are not exactly one. */
export function transactionParts(bytes: Uint8Array): JsonObject {
  const transaction = decodeTransaction(bytes);
  const { version, inputs, outputs, locktime } = transaction;
  const value = outputs.reduce((sum, output) => sum + output.value, 0n);
  return {
    version,
    script: Array.from(inputs[0]?.scriptSig ?? []),
    sequence: inputs[0]?.sequence ?? 0,
    witness: inputs.flatMap((input) => input.witness.map((item) => Array.from(item))),
    outputs: Array.from(encodeOutputs(outputs)),
    outputs_count: outputs.length,
    value: Number.isSafeInteger(Number(value)) ? Number(value) : value,
    locktime,
    stripped: Array.from(encodeTransaction(transaction, { witness: false })),
  };
}
