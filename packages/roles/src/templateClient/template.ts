import { coinbaseHeight, decodeOutputs, type TxOutput } from '@stratumkit/bitcoin';
import { RemoteError } from '@stratumkit/codec';
import type { NewTemplate } from '@stratumkit/messages/template-distribution';
import type { TemplateErrorCode } from './templateError.ts';

/** A `NewTemplate` taken apart and checked; all bytes are copies. */
export interface Template {
  readonly templateId: bigint;
  /** As the provider sent it: to be mined only after its SetNewPrevHash. */
  readonly future: boolean;
  readonly version: number;
  readonly coinbaseVersion: number;
  /** Begins the coinbase script. */
  readonly coinbasePrefix: Uint8Array;
  readonly coinbaseSequence: number;
  /** Satoshis for the payout outputs. */
  readonly valueRemaining: bigint;
  /** The last outputs of the coinbase. */
  readonly outputs: readonly TxOutput[];
  readonly locktime: number;
  /** Deepest first. */
  readonly merklePath: readonly Uint8Array[];
  /** From the coinbase prefix; undefined if that holds no height. */
  readonly height: number | undefined;
}

/** Spec 7.2. */
export const MAX_COINBASE_PREFIX_SIZE = 8;
const MAX_MONEY = 2_100_000_000_000_000n;

/**
 * Throws a RemoteError with a {@link TemplateErrorCode} for a template that no valid block, or no job, can be made from.
 *
 * @param maxOutputsSize bytes that the template's own coinbase outputs may have
 */
export function createTemplate(message: NewTemplate, maxOutputsSize = 0xffff): Template {
  const { templateId } = message;
  const refuse = (code: TemplateErrorCode, text: string, context: Record<string, unknown>, cause?: unknown): never => {
    throw new RemoteError(code, text, {
      context: { templateId, ...context },
      ...(cause === undefined ? {} : { cause }),
    });
  };
  const { coinbasePrefix, coinbaseTxValueRemaining: valueRemaining } = message;
  if (coinbasePrefix.length > MAX_COINBASE_PREFIX_SIZE)
    refuse('coinbase-prefix-too-long', 'the coinbase prefix of a template has at most 8 bytes', {
      size: coinbasePrefix.length,
    });
  if (valueRemaining > MAX_MONEY)
    refuse('value-out-of-range', 'a template offers more than all the money there is', { valueRemaining });
  const { length: size } = message.coinbaseTxOutputs;
  if (size > maxOutputsSize)
    refuse('invalid-coinbase-outputs', `the coinbase outputs of a template have ${size} of ${maxOutputsSize} bytes`, {
      size,
      maxOutputsSize,
    });
  return {
    templateId,
    future: message.futureTemplate,
    version: message.version,
    coinbaseVersion: message.coinbaseTxVersion,
    coinbasePrefix: coinbasePrefix.slice(),
    coinbaseSequence: message.coinbaseTxInputSequence,
    valueRemaining,
    outputs: readOutputs(message, (cause) =>
      refuse('invalid-coinbase-outputs', 'the coinbase outputs of a template cannot be read', {}, cause),
    ),
    locktime: message.coinbaseTxLocktime,
    merklePath: message.merklePath.map((node) => node.slice()),
    height: readHeight(coinbasePrefix),
  };
}

function readOutputs(message: NewTemplate, refuse: (cause: unknown) => never): readonly TxOutput[] {
  try {
    return decodeOutputs(message.coinbaseTxOutputs, message.coinbaseTxOutputsCount);
  } catch (cause) {
    return refuse(cause);
  }
}

/** Whether the height is right is the provider's to know; that it stays the same on one tip is not. */
function readHeight(coinbasePrefix: Uint8Array): number | undefined {
  try {
    return coinbaseHeight(coinbasePrefix);
  } catch {
    return undefined;
  }
}
