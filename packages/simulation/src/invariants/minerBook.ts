import { decodeText } from '@stratumkit/codec';
import type { FoundShare } from './foundShare.ts';

/** What one SV1 miner was sent over one connection, and what it sent. */
export class MinerBook {
  readonly wire: number;
  /** The told difficulty of a job is what its shares are found for; some firmware applies a new one at once. */
  readonly isExact: boolean;
  /** By the miner's own number. */
  readonly #pending = new Map<number, FoundShare>();
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
    if (!isCleanNotify(line)) return;
    this.#cleanTold++;
    this.#cleanToldMs = nowMs;
  }

  /** Virtual time of the last one that arrived. */
  get cleanHeardMs(): number {
    return this.#cleanHeardMs;
  }

  heard(line: Uint8Array, nowMs: number): void {
    if (!isCleanNotify(line)) return;
    this.#cleanHeard++;
    this.#cleanHeardMs = nowMs;
  }

  sent(share: FoundShare): void {
    this.#pending.set(share.sequenceNumber, share);
  }

  /** The share that an answer is for. */
  take(sequenceNumber: number): FoundShare | undefined {
    const share = this.#pending.get(sequenceNumber);
    this.#pending.delete(sequenceNumber);
    return share;
  }

  unanswered(): Iterable<FoundShare> {
    return this.#pending.values();
  }

  /** The oldest share without an answer, if it is older than that. */
  overdue(foundBeforeMs: number): FoundShare | undefined {
    const [oldest] = this.#pending.values();
    return oldest !== undefined && oldest.foundMs < foundBeforeMs ? oldest : undefined;
  }
}

function isCleanNotify(line: Uint8Array): boolean {
  const text = decodeText(line);
  if (!text.includes('"mining.notify"')) return false;
  const { method, params } = JSON.parse(text) as { readonly method?: string; readonly params?: readonly unknown[] };
  return method === 'mining.notify' && params?.[8] === true;
}
