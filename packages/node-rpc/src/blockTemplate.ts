import { JsonFields } from './fields.ts';

const METHOD = 'getblocktemplate';

/** A transaction of a template as getblocktemplate gives it; ids in wire order. */
export interface NodeTransaction {
  /** With witness. */
  readonly data: Uint8Array;
  readonly txid: Uint8Array;
  readonly wtxid: Uint8Array;
  /** Satoshis. */
  readonly fee: bigint;
  readonly weight: number;
  /** Cost, as limited to 80,000 a block. */
  readonly sigops: number;
  /** Indexes, from 0, of the transactions of this template that this one spends. */
  readonly depends: readonly number[];
}

/** Result of getblocktemplate; hashes and target in wire order. */
export interface NodeBlockTemplate {
  readonly prevHash: Uint8Array;
  readonly height: number;
  readonly version: number;
  readonly nbits: number;
  /** Current time in Unix seconds, never before `minTime`. */
  readonly time: number;
  /** Unix seconds; the least that consensus allows. */
  readonly minTime: number;
  /** Subsidy and fees, in satoshis. */
  readonly coinbaseValue: bigint;
  readonly transactions: readonly NodeTransaction[];
  readonly target: Uint8Array;
  /** Whether the node proposes a witness commitment. */
  readonly witness: boolean;
  readonly longPollId: string | undefined;
}

/** Bytes of transactions by wtxid: templates that follow each other share most of them. */
export type TransactionCache = ReadonlyMap<string, NodeTransaction>;

/** Checks and converts. What `known` already holds is taken from there, so that it is in memory once. */
export function parseBlockTemplate(
  value: unknown,
  known: TransactionCache = new Map(),
): {
  template: NodeBlockTemplate;
  cache: TransactionCache;
} {
  const fields = new JsonFields(METHOD, value);
  const cache = new Map<string, NodeTransaction>();
  const transactions = fields.array('transactions').map((entry) => {
    const transaction = parseTransaction(new JsonFields(METHOD, entry), known);
    cache.set(transaction.key, transaction.value);
    return transaction.value;
  });
  const minTime = fields.integer('mintime');
  const template = {
    prevHash: fields.hash('previousblockhash'),
    height: fields.integer('height'),
    version: fields.integer('version') >>> 0,
    nbits: Number.parseInt(Buffer.from(fields.bytes('bits', 4)).toString('hex'), 16),
    time: Math.max(fields.integer('curtime'), minTime),
    minTime,
    coinbaseValue: fields.satoshis('coinbasevalue'),
    transactions,
    target: fields.hash('target'),
    witness: fields.optionalString('default_witness_commitment') !== undefined,
    longPollId: fields.optionalString('longpollid'),
  };
  return { template, cache };
}

function parseTransaction(fields: JsonFields, known: TransactionCache): { key: string; value: NodeTransaction } {
  const key = fields.string('hash');
  const depends = fields.array('depends').map((index) => Number(index) - 1);
  const before = known.get(key);
  if (before !== undefined) return { key, value: { ...before, depends } };
  const value = {
    data: fields.bytes('data'),
    txid: fields.hash('txid'),
    wtxid: fields.hash('hash'),
    fee: fields.satoshis('fee'),
    weight: fields.integer('weight'),
    sigops: fields.integer('sigops'),
    depends,
  };
  return { key, value };
}
