import { encodeOutputs, type HashBackend, merklePath, pushHeight, witnessCommitmentScript } from '@stratumkit/bitcoin';
import { encodeFrame } from '@stratumkit/framing';
import { NewTemplate, SetNewPrevHash } from '@stratumkit/messages/template-distribution';
import type { BlockTemplate, TemplateTransaction } from './blockTemplate.ts';
import type { FittedTemplate } from './fitTemplate.ts';

const COINBASE_VERSION = 2;
/** Not final, so that the locktime counts; with locktime = height - 1 no two coinbases are alike (as Core builds them). */
const COINBASE_SEQUENCE = 0xfffffffe;

/** A template as it was given out: all that a solution of it is turned into a block with. */
export interface Work {
  readonly id: bigint;
  readonly height: number;
  readonly version: number;
  readonly prevHash: Uint8Array;
  readonly nbits: number;
  readonly target: Uint8Array;
  readonly witness: boolean;
  readonly coinbaseValue: bigint;
  readonly transactions: readonly TemplateTransaction[];
  readonly merklePath: readonly Uint8Array[];
}

export function createWork(id: bigint, template: BlockTemplate, fitted: FittedTemplate, hash: HashBackend): Work {
  const { height, version, prevHash, nbits, target, witness } = template;
  const txids = fitted.transactions.map((transaction) => transaction.txid);
  return { id, height, version, prevHash, nbits, target, witness, ...fitted, merklePath: merklePath(txids, hash) };
}

export function newTemplateFrame(work: Work, futureTemplate: boolean, hash: HashBackend): Uint8Array {
  const outputs = work.witness ? [{ value: 0n, script: commitment(work, hash) }] : [];
  return encodeFrame(NewTemplate, {
    templateId: work.id,
    futureTemplate,
    version: work.version,
    coinbaseTxVersion: COINBASE_VERSION,
    coinbasePrefix: pushHeight(work.height),
    coinbaseTxInputSequence: COINBASE_SEQUENCE,
    coinbaseTxValueRemaining: work.coinbaseValue,
    coinbaseTxOutputsCount: outputs.length,
    coinbaseTxOutputs: encodeOutputs(outputs),
    coinbaseTxLocktime: work.height - 1,
    merklePath: [...work.merklePath],
  });
}

export function setNewPrevHashFrame(work: Work, headerTimestamp: number): Uint8Array {
  const { id: templateId, prevHash, nbits, target } = work;
  return encodeFrame(SetNewPrevHash, { templateId, prevHash, headerTimestamp, nbits, target });
}

function commitment(work: Work, hash: HashBackend): Uint8Array {
  const wtxids = [new Uint8Array(32), ...work.transactions.map(({ wtxid }) => wtxid)];
  return witnessCommitmentScript(wtxids, new Uint8Array(32), hash);
}
