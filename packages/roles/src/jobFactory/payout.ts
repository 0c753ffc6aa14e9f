import { legacySigops, type TxOutput } from '@stratumkit/bitcoin';
import { toHex } from '@stratumkit/codec';

/** A part of the coinbase value, in whole percent, rounded down to the satoshi. */
export interface PayoutPart {
  readonly script: Uint8Array;
  readonly percent: number;
}

/** Whom a coinbase pays. Channels whose payouts have the same key can mine the same jobs. */
export interface Payout {
  readonly key: string;
  readonly parts: readonly PayoutPart[];
  /** Gets all that the parts leave. */
  readonly restScript: Uint8Array;
}

/** The most that a payout's outputs may take, for `CoinbaseOutputConstraints` (spec 7.1). */
export interface PayoutBound {
  /** Serialized outputs in bytes. */
  readonly size: number;
  /** In the unit of the block limit of 80,000: four per legacy signature operation. */
  readonly sigops: number;
}

const WITNESS_SCALE_FACTOR = 4;

/** What a coinbase pays to whom. */
export function createPayout(restScript: Uint8Array, parts: readonly PayoutPart[] = []): Payout {
  const key = [...parts.map(({ script, percent }) => `${percent}:${toHex(script)}`), toHex(restScript)].join('|');
  return { key, parts, restScript };
}

/**
 * The outputs that spend exactly `value`. Parts of 0 satoshi get no output; without any value one output of 0 remains, so that
 * the transaction stays valid.
 */
export function payoutOutputs(payout: Payout, value: bigint): TxOutput[] {
  const outputs = payout.parts.map(({ script, percent }) => ({ value: (value * BigInt(percent)) / 100n, script }));
  const rest = outputs.reduce((left, output) => left - output.value, value);
  const paid = [...outputs, { value: rest, script: payout.restScript }].filter((output) => output.value > 0n);
  return paid.length > 0 ? paid : [{ value: 0n, script: payout.restScript }];
}

/** A bound for outputs to these scripts, all at once. */
export function boundOf(scripts: readonly Uint8Array[]): PayoutBound {
  let size = 0;
  let sigops = 0;
  for (const script of scripts) {
    size += 8 + (script.length < 0xfd ? 1 : 3) + script.length;
    sigops += WITNESS_SCALE_FACTOR * legacySigops(script);
  }
  return { size, sigops };
}
