import {
  bigintToTarget,
  decodeTransaction,
  encodeTransaction,
  foldMerklePath,
  headerHash,
  meetsTarget,
  portableHash,
  type Transaction,
  txid,
} from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { decodeFrameHeader, FRAME_HEADER_SIZE } from '@stratumkit/framing';
import { decodeMessage, type TemplateDistributionMessage } from '@stratumkit/messages';
import type { NewTemplate, SetNewPrevHash, SubmitSolution } from '@stratumkit/messages/template-distribution';
import type { BlockTemplate, TemplateServerInput, TemplateServerOutput, TemplateTransaction } from '@stratumkit/roles';

export const START: Now = { monotonicMs: 1_000_000, unixSeconds: 1_780_000_000 };

export function after(milliseconds: number): Now {
  const { monotonicMs, unixSeconds } = START;
  return { monotonicMs: monotonicMs + milliseconds, unixSeconds: unixSeconds + Math.floor(milliseconds / 1_000) };
}

/** A segwit transaction of about this weight that nobody could spend; unique by `seed`. */
export function transaction(seed: number, change: Partial<TemplateTransaction> = {}): TemplateTransaction {
  const value: Transaction = {
    version: 2,
    inputs: [
      {
        prevTxid: new Uint8Array(32).fill(seed),
        prevIndex: seed,
        scriptSig: new Uint8Array(),
        sequence: 0,
        witness: [Uint8Array.of(seed)],
      },
    ],
    outputs: [{ value: BigInt(seed), script: Uint8Array.of(0x51) }],
    locktime: 0,
  };
  const data = encodeTransaction(value);
  const wtxid = portableHash.sha256d(data);
  return { data, txid: txid(value), wtxid, fee: 1_000n, weight: 400, sigops: 4, depends: [], ...change };
}

export function template(change: Partial<BlockTemplate> = {}): BlockTemplate {
  const transactions = change.transactions ?? [];
  return {
    prevHash: new Uint8Array(32).fill(1),
    height: 200,
    version: 0x20000000,
    nbits: 0x207fffff,
    time: START.unixSeconds,
    minTime: START.unixSeconds - 100,
    coinbaseValue: transactions.reduce((sum, { fee }) => sum + fee, 5_000_000_000n),
    transactions,
    target: bigintToTarget((1n << 255n) - 1n),
    witness: true,
    ...change,
  };
}

export function constraints(connection: number, size = 100, sigops = 400): TemplateServerInput {
  return message(connection, {
    name: 'CoinbaseOutputConstraints',
    value: { coinbaseOutputMaxAdditionalSize: size, coinbaseOutputMaxAdditionalSigops: sigops },
  });
}

export function message(connection: number, content: TemplateDistributionMessage): TemplateServerInput {
  return { type: 'message', connection, message: content };
}

export interface Sent {
  readonly to: readonly number[];
  readonly message: TemplateDistributionMessage;
}

export function sent(outputs: readonly TemplateServerOutput[]): Sent[] {
  return outputs.flatMap((output) => {
    if (output.type !== 'send') return [];
    const { extensionType, messageType } = decodeFrameHeader(output.frame);
    const payload = output.frame.subarray(FRAME_HEADER_SIZE);
    const decoded = decodeMessage('template-distribution', { extensionType, messageType, payload });
    return [{ to: output.to, message: decoded as TemplateDistributionMessage }];
  });
}

export function names(outputs: readonly TemplateServerOutput[]): string[] {
  return sent(outputs).map(({ message: { name } }) => name);
}

export function newTemplateOf(outputs: readonly TemplateServerOutput[]): NewTemplate {
  const found = sent(outputs).find(({ message: { name } }) => name === 'NewTemplate');
  return found!.message.value as NewTemplate;
}

export function setNewPrevHashOf(outputs: readonly TemplateServerOutput[]): SetNewPrevHash {
  const found = sent(outputs).find(({ message: { name } }) => name === 'SetNewPrevHash');
  return found!.message.value as SetNewPrevHash;
}

/** What a client does with a template: builds a coinbase, searches a nonce. */
export function solve(
  given: NewTemplate,
  prevHash: SetNewPrevHash,
  change: Partial<SubmitSolution> & { readonly meets?: boolean; readonly stripped?: boolean } = {},
): SubmitSolution {
  const { meets = true, stripped = false, ...fields } = change;
  const scriptSig = Uint8Array.of(...given.coinbasePrefix, 4, 1, 2, 3, 4);
  const bare = encodeTransaction({
    version: given.coinbaseTxVersion,
    inputs: [
      {
        prevTxid: new Uint8Array(32),
        prevIndex: 0xffffffff,
        scriptSig,
        sequence: given.coinbaseTxInputSequence,
        witness: [new Uint8Array(32)],
      },
    ],
    outputs: [
      { value: given.coinbaseTxValueRemaining, script: Uint8Array.of(0x51) },
      // The client appends the provider's outputs as they are.
      { value: 0n, script: given.coinbaseTxOutputs.slice(9) },
    ],
    locktime: given.coinbaseTxLocktime,
  });
  const coinbase = decodeTransaction(bare);
  const root = foldMerklePath(txid(coinbase), given.merklePath);
  const version = fields.version ?? given.version;
  const headerTimestamp = fields.headerTimestamp ?? prevHash.headerTimestamp;
  for (let headerNonce = 0; ; headerNonce++) {
    const { nbits } = prevHash;
    const header = {
      version,
      prevHash: prevHash.prevHash,
      merkleRoot: root,
      time: headerTimestamp,
      nbits,
      nonce: headerNonce,
    };
    if (meetsTarget(headerHash(header), prevHash.target) !== meets) continue;
    const coinbaseTx = encodeTransaction(coinbase, { witness: !stripped });
    return { templateId: given.templateId, version, headerTimestamp, headerNonce, coinbaseTx, ...fields };
  }
}
