import { bigintToTarget, targetToBigint } from '@stratumkit/bitcoin';
import { toHex } from '@stratumkit/codec';
import { defineMethod, nothing, truth } from '../method.ts';
import { swapWords } from '../prevHash.ts';
import { formatWord, type Reading } from '../reading.ts';

/** Most branches a merkle path may have; a block of 4 million weight units has room for 2^16 transactions. */
const MAX_BRANCHES = 32;
const MAX_COINBASE_BYTES = 32_768;

/** A job. Numbers are U32, eight hex digits on the line, most significant first. */
export interface NotifyParams {
  readonly jobId: string;
  /** Wire order, as in a block header. */
  readonly prevHash: Uint8Array;
  /** The coinbase transaction, without witness, up to `extranonce1`; at most 32,768 bytes. */
  readonly coinbase1: Uint8Array;
  /** The rest of it behind `extranonce2`; at most 32,768 bytes. */
  readonly coinbase2: Uint8Array;
  /** Deepest first, wire order. */
  readonly merklePath: readonly Uint8Array[];
  readonly version: number;
  readonly nbits: number;
  /** Unix seconds. */
  readonly ntime: number;
  /** Whether every older job is void. */
  readonly cleanJobs: boolean;
}

/** `mining.notify`, to the miner. On the line `prevHash` has the bytes of each 4-byte word reversed: see {@link swapWords}. */
export const Notify = defineMethod<'mining.notify', NotifyParams, undefined>({
  name: 'mining.notify',
  calledBy: 'server',
  doc: 'A new job.',
  readParams(json) {
    const branches = json.at(4, 'merkleBranch');
    if (branches.list().length > MAX_BRANCHES) branches.fail(`at most ${MAX_BRANCHES} branches`);
    return {
      jobId: json.at(0, 'jobId').text(),
      prevHash: swapWords(json.at(1, 'prevHash').bytes(32, 32)),
      coinbase1: json.at(2, 'coinbase1').bytes(0, MAX_COINBASE_BYTES),
      coinbase2: json.at(3, 'coinbase2').bytes(0, MAX_COINBASE_BYTES),
      merklePath: branches.each((branch) => branch.bytes(32, 32)),
      version: json.at(5, 'version').word(),
      nbits: json.at(6, 'nbits').word(),
      ntime: json.at(7, 'ntime').word(),
      cleanJobs: json.at(8, 'cleanJobs').boolean(),
    };
  },
  formatParams: (job) => [
    job.jobId,
    toHex(swapWords(job.prevHash)),
    toHex(job.coinbase1),
    toHex(job.coinbase2),
    job.merklePath.map(toHex),
    formatWord(job.version),
    formatWord(job.nbits),
    formatWord(job.ntime),
    job.cleanJobs,
  ],
  ...nothing,
});

/** Above 0; see `DIFFICULTY_ONE_TARGET` for what 1 is. */
export interface SetDifficultyParams {
  readonly difficulty: number;
}

const difficultyParams = {
  readParams: (json: Reading): SetDifficultyParams => ({ difficulty: json.at(0, 'difficulty').positive() }),
  formatParams: ({ difficulty }: SetDifficultyParams) => [difficulty],
};

/** `mining.set_difficulty`, to the miner. */
export const SetDifficulty = defineMethod<'mining.set_difficulty', SetDifficultyParams, undefined>({
  name: 'mining.set_difficulty',
  calledBy: 'server',
  doc: 'The difficulty of the next jobs; a fraction of 1 is allowed.',
  ...difficultyParams,
  ...nothing,
});

/** `mining.suggest_difficulty`, to the server. */
export const SuggestDifficulty = defineMethod<'mining.suggest_difficulty', SetDifficultyParams, boolean>({
  name: 'mining.suggest_difficulty',
  calledBy: 'client',
  doc: 'The difficulty the miner would like.',
  ...difficultyParams,
  ...truth,
});

/** A target as the miner would like it. */
export interface SuggestTargetParams {
  /** Wire order; on the line it is a big-endian number. */
  readonly target: Uint8Array;
}

/** `mining.suggest_target`, to the server. */
export const SuggestTarget = defineMethod<'mining.suggest_target', SuggestTargetParams, boolean>({
  name: 'mining.suggest_target',
  calledBy: 'client',
  doc: 'The target the miner would like.',
  readParams(json) {
    const bytes = json.at(0, 'target').bytes(1, 32);
    return { target: bigintToTarget(bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)) };
  },
  formatParams: ({ target }) => [targetToBigint(target).toString(16).padStart(64, '0')],
  ...truth,
});

/** The bits of a header's version that the miner may change; 32 bits, eight hex digits on the line. */
export interface SetVersionMaskParams {
  readonly mask: number;
}

/** `mining.set_version_mask` (BIP310), to the miner. */
export const SetVersionMask = defineMethod<'mining.set_version_mask', SetVersionMaskParams, undefined>({
  name: 'mining.set_version_mask',
  calledBy: 'server',
  doc: 'The version bits the miner may change from now on (BIP310).',
  readParams: (json) => ({ mask: json.at(0, 'mask').word() }),
  formatParams: ({ mask }) => [formatWord(mask)],
  ...nothing,
});
