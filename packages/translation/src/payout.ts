import { decodeTransaction, equalBytes } from '@stratumkit/bitcoin';
import { RemoteError } from '@stratumkit/codec';
import { payeeScript } from './identity.ts';
import type { UpstreamJobParts } from './job.ts';

/** What an identity promises its owner: all but a share of the coinbase value that the pool may keep. */
export interface PayoutPromise {
  readonly script: Uint8Array;
  /** Whole percent, rounded down to the satoshi. */
  readonly poolPercent: number;
}

/** Undefined for an identity that promises nothing. */
export function payoutPromise(identity: string): PayoutPromise | undefined {
  const [scheme, mode, ...words] = identity.split('/');
  if (scheme === 'sri' && mode === 'solo') return promise(words[0] ?? '', 0);
  if (scheme === 'sri' && mode === 'donate') {
    const [percent = '', address = ''] = words;
    return /^[1-9][0-9]?$/.test(percent) ? promise(address, Number(percent)) : undefined;
  }
  return promise(identity.split('.', 1)[0]!, 0);
}

function promise(address: string, poolPercent: number): PayoutPromise | undefined {
  const script = payeeScript(address);
  return script === undefined ? undefined : { script, poolPercent };
}

/** Whether the coinbase of a job pays at least what was promised. `extranonceSize` is the part that the channel rolls. */
export function paysPromise(
  job: UpstreamJobParts,
  extranonceSize: number,
  { script, poolPercent }: PayoutPromise,
): boolean {
  const { coinbasePrefix, extranoncePrefix, coinbaseSuffix } = job;
  const hole = extranoncePrefix.length + extranonceSize;
  const coinbase = new Uint8Array(coinbasePrefix.length + hole + coinbaseSuffix.length);
  coinbase.set(coinbasePrefix);
  coinbase.set(coinbaseSuffix, coinbasePrefix.length + hole);
  let outputs: ReturnType<typeof decodeTransaction>['outputs'];
  try {
    outputs = decodeTransaction(coinbase).outputs;
  } catch (error) {
    if (error instanceof RemoteError) return false;
    throw error;
  }
  let total = 0n;
  let paid = 0n;
  for (const output of outputs) {
    total += output.value;
    if (equalBytes(output.script, script)) paid += output.value;
  }
  return paid >= total - (total * BigInt(poolPercent)) / 100n;
}
