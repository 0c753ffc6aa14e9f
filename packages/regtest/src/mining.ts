import { concatBytes } from '@noble/hashes/utils.js';
import {
  encodeBlock,
  encodeHeader,
  encodeTransaction,
  type HashBackend,
  meetsTarget,
  merkleRoot,
  portableHash,
  pushBytes,
  pushHeight,
  type TxOutput,
  targetFromNbits,
  witnessCommitmentScript,
} from '@stratumkit/bitcoin';
import { UsageError } from '@stratumkit/codec';
import { ANYONE_CAN_SPEND } from './anyoneCanSpend.ts';
import { type BlockTemplate, createTemplate } from './blockTemplate.ts';
import type { Mempool } from './mempool.ts';
import type { RegtestChain, SubmitBlockResult } from './regtestChain.ts';

/** What goes into the coinbase and the header of a block that is mined at once. */
export interface MineBlockOptions {
  /** Where the reward goes; by default to anyone. */
  readonly script?: Uint8Array;
  /** Told apart blocks at the same height: goes into the coinbase. */
  readonly tag?: Uint8Array;
  /** Unix seconds; by default the template's. */
  readonly time?: number;
  /** By default the target of nbits, which every second hash meets. */
  readonly target?: Uint8Array;
  readonly hash?: HashBackend;
}

/**
 * Builds a block on `template` and searches its nonce. For filling a chain, not for mining: it does not stop to breathe. Throws
 * UsageError `nonces-exhausted` where no nonce meets the target.
 */
export function mineBlock(template: BlockTemplate, options: MineBlockOptions = {}): Uint8Array {
  const { script = ANYONE_CAN_SPEND.script, hash = portableHash, target = targetFromNbits(template.nbits) } = options;
  const outputs: TxOutput[] = [{ value: template.coinbaseValue, script }];
  if (template.witness)
    outputs.push({
      value: 0n,
      script: witnessCommitmentScript(
        [new Uint8Array(32), ...template.transactions.map(({ wtxid }) => wtxid)],
        new Uint8Array(32),
        hash,
      ),
    });
  const coinbase = {
    version: 2,
    inputs: [
      {
        prevTxid: new Uint8Array(32),
        prevIndex: 0xffffffff,
        scriptSig: concatBytes(pushHeight(template.height), pushBytes(options.tag ?? Uint8Array.of(0))),
        sequence: 0xfffffffe,
        witness: template.witness ? [new Uint8Array(32)] : [],
      },
    ],
    outputs,
    locktime: template.height - 1,
  };
  const txid = hash.sha256d(encodeTransaction(coinbase, { witness: false }));
  const header = {
    version: template.version,
    prevHash: template.prevHash,
    merkleRoot: merkleRoot([txid, ...template.transactions.map((transaction) => transaction.txid)], hash),
    time: options.time ?? template.time,
    nbits: template.nbits,
    nonce: 0,
  };
  const bytes = encodeHeader(header);
  const view = new DataView(bytes.buffer);
  for (let nonce = 0; nonce <= 0xffffffff; nonce++) {
    view.setUint32(76, nonce, true);
    if (meetsTarget(hash.sha256d(bytes), target))
      return encodeBlock({ ...header, nonce }, [
        encodeTransaction(coinbase, { witness: true }),
        ...template.transactions.map(({ data }) => data),
      ]);
  }
  throw new UsageError('nonces-exhausted', 'no nonce meets the target', { context: { height: template.height } });
}

/** How many blocks a new chain begins with, and how far apart. */
export interface PremineOptions {
  /** 101 at least, so that the first reward can be spent in the next block. */
  readonly blocks?: number;
  /** Between the timestamps, which end at the present. */
  readonly spacingSeconds?: number;
  readonly tag?: Uint8Array;
}

/** Leaves 20 rewards or so that can be spent at once. */
export const DEFAULT_PREMINED_BLOCKS = 120;

/**
 * Mines the first blocks to outputs that anyone can spend. The same options and time give the same blocks. Throws UsageError
 * `premine` where the chain refuses one.
 */
export function premine(
  chain: RegtestChain,
  mempool: Mempool,
  unixSeconds: number,
  options: PremineOptions = {},
): SubmitBlockResult[] {
  const { blocks = DEFAULT_PREMINED_BLOCKS, spacingSeconds = 60, tag } = options;
  const results: SubmitBlockResult[] = [];
  for (let remaining = blocks - 1; remaining >= 0; remaining--) {
    const template = createTemplate(chain, mempool, unixSeconds - remaining * spacingSeconds);
    const bytes = mineBlock(template, { hash: chain.hash, ...(tag && { tag }) });
    const result = chain.submitBlock(bytes, unixSeconds);
    if (result.reason !== undefined)
      throw new UsageError('premine', `a pre-mined block is refused: ${result.reason}`, {
        context: { height: template.height },
      });
    results.push(result);
  }
  return results;
}
