import { RemoteError, UsageError } from '@stratumkit/codec';
import { concatBytes, u32Bytes } from './bytes.ts';
import { encodeCompactSize } from './compactSize.ts';
import { decodeTransaction, encodeOutputs, encodeTransaction, type TxOutput } from './transaction.ts';

/** Consensus bounds of the coinbase script. */
export const MIN_COINBASE_SCRIPT_SIZE = 2;
/** Bytes that the script of a coinbase may have by consensus. */
export const MAX_COINBASE_SCRIPT_SIZE = 100;

/** What stands before and behind the extranonce. */
export interface CoinbaseParts {
  readonly version: number;
  /** Begins with the BIP-0034 height. */
  readonly scriptSigPrefix: Uint8Array;
  /** Bytes left free between the two parts: extranonce prefix and extranonce. */
  readonly extranonceSize: number;
  readonly scriptSigSuffix?: Uint8Array;
  /** Of the one input; U32. */
  readonly sequence: number;
  readonly outputs: readonly TxOutput[];
  /** U32. */
  readonly locktime: number;
}

/**
 * The two parts of a coinbase transaction around its extranonce, without BIP-0141 fields, as `NewExtendedMiningJob` carries them
 * (spec 5.3.16). Throws UsageError `coinbase-script` unless the script has 2 to 100 bytes.
 */
export function buildCoinbase(parts: CoinbaseParts): { prefix: Uint8Array; suffix: Uint8Array } {
  const scriptSigSuffix = parts.scriptSigSuffix ?? new Uint8Array(0);
  const scriptSize = parts.scriptSigPrefix.length + parts.extranonceSize + scriptSigSuffix.length;
  if (scriptSize < MIN_COINBASE_SCRIPT_SIZE || scriptSize > MAX_COINBASE_SCRIPT_SIZE) {
    throw new UsageError('coinbase-script', 'a coinbase script has 2 to 100 bytes', { context: { scriptSize } });
  }
  const prefix = concatBytes(
    u32Bytes(parts.version),
    Uint8Array.of(1),
    new Uint8Array(32),
    u32Bytes(0xffffffff),
    Uint8Array.of(scriptSize),
    parts.scriptSigPrefix,
  );
  const suffix = concatBytes(
    scriptSigSuffix,
    u32Bytes(parts.sequence),
    encodeCompactSize(parts.outputs.length),
    encodeOutputs(parts.outputs),
    u32Bytes(parts.locktime),
  );
  return { prefix, suffix };
}

/** The coinbase transaction without BIP-0141 fields; its double SHA-256 is the txid. */
export function joinCoinbase(
  prefix: Uint8Array,
  extranoncePrefix: Uint8Array,
  extranonce: Uint8Array,
  suffix: Uint8Array,
): Uint8Array {
  return concatBytes(prefix, extranoncePrefix, extranonce, suffix);
}

/**
 * Adds the BIP-0141 fields to a coinbase without them: one witness item of 32 zero bytes. Throws UsageError `coinbase` for one
 * that has them already.
 */
export function addWitness(coinbase: Uint8Array): Uint8Array {
  if (coinbase.length < 10 || coinbase[4] === 0) {
    throw new UsageError('coinbase', 'a coinbase without BIP-0141 fields is expected', {
      context: { length: coinbase.length },
    });
  }
  const end = coinbase.length - 4;
  return concatBytes(
    coinbase.subarray(0, 4),
    Uint8Array.of(0, 1),
    coinbase.subarray(4, end),
    Uint8Array.of(1, 32),
    new Uint8Array(32),
    coinbase.subarray(end),
  );
}

/** Any transaction without its BIP-0141 fields; the inverse of {@link addWitness} for a coinbase. */
export function stripWitness(transaction: Uint8Array): Uint8Array {
  return encodeTransaction(decodeTransaction(transaction), { witness: false });
}

/** The height that the coinbase script begins with (BIP-0034). Throws RemoteError `decode` where it begins with none. */
export function coinbaseHeight(scriptSig: Uint8Array): number {
  const size = scriptSig[0];
  if (size !== undefined && size >= 0x51 && size <= 0x60) return size - 0x50;
  if (size === 0) return 0;
  if (size === undefined || size > 5 || scriptSig.length < 1 + size) {
    throw new RemoteError('decode', 'the coinbase script does not begin with a height', { context: {} });
  }
  let height = 0;
  for (let i = size; i > 0; i--) height = height * 256 + scriptSig[i]!;
  return height;
}
