import { decodeText } from '@stratumkit/codec';
import type { FoundShare } from './foundShare.ts';

/** What one SV1 miner was sent over one connection, and what it sent. */
export class MinerBook {
  readonly wire: number;
  /** The told difficulty of a job is what its shares are found for; some firmware applies a new one at once. */
  readonly isExact: boolean;
  /** By the miner's own number, each with how many jobs had arrived when it was found. */
  readonly #pending = new Map<number, { readonly share: FoundShare; readonly jobsHeard: number }>();
  #jobsTold = 0;
  #jobsHeard = 0;
  #cleanTold = 0;
  #cleanToldMs = 0;
  #cleanHeard = 0;
  #cleanHeardMs = 0;

  constructor(wire: number, isExact: boolean) {
    this.wire = wire;
    this.isExact = isExact;
  }

  /** Notifies that end all earlier jobs: sent by the server, and arrived. */
  get cleanTold(): number {
    return this.#cleanTold;
  }

  get cleanHeard(): number {
    return this.#cleanHeard;
  }

  /** Virtual time at which the last one was sent. */
  get cleanToldMs(): number {
    return this.#cleanToldMs;
  }

  told(line: Uint8Array, nowMs: number): void {
    const job = readNotify(line);
    if (job === undefined) return;
    this.#jobsTold++;
    if (!job.isClean) return;
    this.#cleanTold++;
    this.#cleanToldMs = nowMs;
  }

  /** Virtual time of the last one that arrived. */
  get cleanHeardMs(): number {
    return this.#cleanHeardMs;
  }

  heard(line: Uint8Array, nowMs: number): void {
    const job = readNotify(line);
    if (job === undefined) return;
    this.#jobsHeard++;
    if (!job.isClean) return;
    this.#cleanHeard++;
    this.#cleanHeardMs = nowMs;
  }

  sent(share: FoundShare): void {
    this.#pending.set(share.sequenceNumber, { share, jobsHeard: this.#jobsHeard });
  }

  /** How many jobs were sent since that on which this share was found, or since a later one. */
  newerJobs(sequenceNumber: number): number {
    const found = this.#pending.get(sequenceNumber);
    return found === undefined ? 0 : this.#jobsTold - found.jobsHeard;
  }

  /** The share that an answer is for. */
  take(sequenceNumber: number): FoundShare | undefined {
    const found = this.#pending.get(sequenceNumber);
    this.#pending.delete(sequenceNumber);
    return found?.share;
  }

  *unanswered(): Iterable<FoundShare> {
    for (const { share } of this.#pending.values()) yield share;
  }

  /** The oldest share without an answer, if it is older than that. */
  overdue(foundBeforeMs: number): FoundShare | undefined {
    const [oldest] = this.#pending.values();
    return oldest !== undefined && oldest.share.foundMs < foundBeforeMs ? oldest.share : undefined;
  }
}

function readNotify(line: Uint8Array): { readonly isClean: boolean } | undefined {
  const text = decodeText(line);
  if (!text.includes('"mining.notify"')) return undefined;
  const { method, params } = JSON.parse(text) as { readonly method?: string; readonly params?: readonly unknown[] };
  return method === 'mining.notify' ? { isClean: params?.[8] === true } : undefined;
}
