import { targetFromNbits } from '@stratumkit/bitcoin';
import type { Mempool, MempoolEntry } from './mempool.ts';
import {
  blockSubsidy,
  MAX_BLOCK_SIGOPS_COST,
  MAX_BLOCK_WEIGHT,
  MINIMUM_RESERVED_WEIGHT,
  REGTEST_NBITS,
  TEMPLATE_VERSION,
} from './params.ts';
import type { RegtestChain } from './regtestChain.ts';

/** A transaction of a {@link BlockTemplate}; ids in wire order. */
export interface TemplateTransaction {
  /** With witness. */
  readonly data: Uint8Array;
  readonly txid: Uint8Array;
  readonly wtxid: Uint8Array;
  /** Satoshis. */
  readonly fee: bigint;
  readonly weight: number;
  /** Cost: a legacy operation counts 4. */
  readonly sigops: number;
  /** Indexes, from 0, of the transactions of this template that this one spends. */
  readonly depends: number[];
}

/** What a template server needs to know of the next block. */
export interface BlockTemplate {
  readonly prevHash: Uint8Array;
  readonly height: number;
  readonly version: number;
  readonly nbits: number;
  /** Current time, never before `minTime`. */
  readonly time: number;
  /** Unix seconds; the least that consensus allows. */
  readonly minTime: number;
  /** Subsidy and fees. */
  readonly coinbaseValue: bigint;
  /** Parents before children. */
  readonly transactions: readonly TemplateTransaction[];
  /** A block's hash must be at most this: the target of nbits or a lower one (spec 7.3). */
  readonly target: Uint8Array;
  readonly witness: boolean;
}

/** Room to keep free in the block, and its target. */
export interface TemplateOptions {
  /** Weight kept free for header, transaction count and coinbase; 2,000 at least, as in Core. */
  readonly reservedWeight?: number;
  /** Cost kept free for the coinbase; by default 400. */
  readonly reservedSigops?: number;
  /** Wire order; by default the target of nbits. */
  readonly target?: Uint8Array;
}

/** The best paying transactions that fit, a parent together with the child that pays for it. */
export function createTemplate(
  chain: RegtestChain,
  mempool: Mempool,
  unixSeconds: number,
  options: TemplateOptions = {},
): BlockTemplate {
  const { reservedWeight = MINIMUM_RESERVED_WEIGHT, reservedSigops = 400 } = options;
  const weightLimit = MAX_BLOCK_WEIGHT - Math.max(reservedWeight, MINIMUM_RESERVED_WEIGHT);
  const chosen = selectTransactions(mempool, weightLimit, MAX_BLOCK_SIGOPS_COST - reservedSigops);
  const positions = new Map(chosen.map(({ transaction }, index) => [transaction.id, index]));
  const { hash, height, medianTimePast } = chain.tip;
  const minTime = medianTimePast + 1;
  return {
    prevHash: hash,
    height: height + 1,
    version: TEMPLATE_VERSION,
    nbits: REGTEST_NBITS,
    time: Math.max(unixSeconds, minTime),
    minTime,
    coinbaseValue: chosen.reduce((sum, { fee }) => sum + fee, blockSubsidy(height + 1)),
    transactions: chosen.map(({ transaction, fee, sigops, parents }) => ({
      data: transaction.bytes,
      txid: transaction.txid,
      wtxid: transaction.wtxid,
      fee,
      weight: transaction.weight,
      sigops,
      depends: [...parents].map((id) => positions.get(id)!).sort((a, b) => a - b),
    })),
    target: options.target ?? targetFromNbits(REGTEST_NBITS),
    witness: true,
  };
}

/** A transaction with those of its unconfirmed ancestors that are not chosen yet. */
interface Candidate {
  readonly id: string;
  readonly members: readonly string[];
  readonly fee: bigint;
  readonly weight: number;
  readonly sigops: number;
  readonly rate: number;
}

/** Packages that in a row do not fit before the rest is given up, as in Core. */
const MAXIMUM_CONSECUTIVE_FAILURES = 1_000;

function selectTransactions(mempool: Mempool, weightLimit: number, sigopsLimit: number): MempoolEntry[] {
  const chosen = new Set<string>();
  const queue = new CandidateQueue();
  const latest = new Map<string, Candidate>();
  const enqueue = (id: string): void => {
    const candidate = createCandidate(mempool, id, chosen);
    latest.set(id, candidate);
    queue.push(candidate);
  };
  for (const { transaction } of mempool.entries()) enqueue(transaction.id);

  let weight = 0;
  let sigops = 0;
  let failures = 0;
  for (let next = queue.pop(); next !== undefined && failures < MAXIMUM_CONSECUTIVE_FAILURES; next = queue.pop()) {
    if (chosen.has(next.id) || latest.get(next.id) !== next) continue;
    if (weight + next.weight > weightLimit || sigops + next.sigops > sigopsLimit) {
      failures += 1;
      continue;
    }
    failures = 0;
    weight += next.weight;
    sigops += next.sigops;
    for (const id of next.members) chosen.add(id);
    const affected = new Set<string>();
    for (const id of next.members) for (const child of mempool.descendants(id)) affected.add(child);
    for (const id of affected) if (!chosen.has(id)) enqueue(id);
  }
  return [...chosen].map((id) => mempool.entry(id)!);
}

function createCandidate(mempool: Mempool, id: string, chosen: ReadonlySet<string>): Candidate {
  const own = mempool.entry(id)!;
  const members: string[] = [];
  if (own.parents.size > 0) {
    const missing = [...mempool.ancestors(id)].filter((ancestor) => !chosen.has(ancestor));
    const depth = new Map(missing.map((ancestor) => [ancestor, mempool.ancestors(ancestor).size]));
    members.push(...missing.sort((a, b) => depth.get(a)! - depth.get(b)!));
  }
  members.push(id);
  let fee = 0n;
  let weight = 0;
  let sigops = 0;
  for (const member of members) {
    const entry = mempool.entry(member)!;
    fee += entry.fee;
    weight += entry.transaction.weight;
    sigops += entry.sigops;
  }
  return { id, members, fee, weight, sigops, rate: Number(fee) / weight };
}

/** Binary heap, highest fee rate first; equal rates by id, so that the same mempool gives the same template. */
class CandidateQueue {
  readonly #heap: Candidate[] = [];

  push(candidate: Candidate): void {
    const heap = this.#heap;
    let index = heap.push(candidate) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!isBefore(candidate, heap[parent]!)) break;
      heap[index] = heap[parent]!;
      index = parent;
    }
    heap[index] = candidate;
  }

  pop(): Candidate | undefined {
    const heap = this.#heap;
    const top = heap[0];
    const last = heap.pop();
    if (heap.length === 0 || last === undefined) return top;
    let index = 0;
    for (;;) {
      let child = 2 * index + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child += 1;
      if (!isBefore(heap[child]!, last)) break;
      heap[index] = heap[child]!;
      index = child;
    }
    heap[index] = last;
    return top;
  }
}

function isBefore(left: Candidate, right: Candidate): boolean {
  return left.rate !== right.rate ? left.rate > right.rate : left.id < right.id;
}
