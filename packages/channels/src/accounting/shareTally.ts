import { compareTargets, difficultyFromTarget } from '@stratumkit/bitcoin';
import { HashrateMeter, type Hashrates } from './hashrateMeter.ts';

/** Sums of one channel, worker, account or server, for people who ask. Work is summed exactly. */
export class ShareTally {
  readonly #meter: HashrateMeter;
  readonly #rejected = new Map<string, number>();
  #accepted = 0;
  #late = 0;
  #blocks = 0;
  #work = 0n;
  #bestHash: Uint8Array | undefined;
  #lastShareMs: number | undefined;

  constructor(nowMs: number) {
    this.#meter = new HashrateMeter(nowMs);
  }

  get accepted(): number {
    return this.#accepted;
  }

  /** Of the accepted ones, those taken within the grace period of a stale job. */
  get late(): number {
    return this.#late;
  }

  /** By error code. */
  get rejected(): ReadonlyMap<string, number> {
    return this.#rejected;
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** Expected hashes behind the accepted shares. */
  get work(): bigint {
    return this.#work;
  }

  /** Of the smallest accepted hash; 0 without a share. */
  get bestDifficulty(): number {
    return this.#bestHash === undefined ? 0 : difficultyFromTarget(this.#bestHash);
  }

  /** Of the newest accepted share, in monotonic milliseconds. */
  get lastShareMs(): number | undefined {
    return this.#lastShareMs;
  }

  /** The hash is kept, not copied. */
  accept({ hash, work, late }: { hash: Uint8Array; work: bigint; late: boolean }, nowMs: number): void {
    this.#accepted++;
    if (late) this.#late++;
    this.#work += work;
    this.#lastShareMs = nowMs;
    if (this.#bestHash === undefined || compareTargets(hash, this.#bestHash) < 0) this.#bestHash = hash;
    this.#meter.add(work, nowMs);
  }

  /** Codes are words of this program, so there are few. */
  reject(errorCode: string): void {
    this.#rejected.set(errorCode, (this.#rejected.get(errorCode) ?? 0) + 1);
  }

  /** Counts a block. */
  found(): void {
    this.#blocks++;
  }

  /** What the work of the accepted shares stands for, in hashes per second. */
  hashrates(nowMs: number): Hashrates {
    return this.#meter.rates(nowMs);
  }
}
