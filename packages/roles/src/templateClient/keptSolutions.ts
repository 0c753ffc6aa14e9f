import type { SubmitSolution } from '@stratumkit/messages/template-distribution';

/** A solution with the hash of the block it makes. */
export interface BlockSolution {
  readonly message: SubmitSolution;
  /** Header hash, wire order. */
  readonly hash: Uint8Array;
}

interface Kept {
  readonly solution: BlockSolution;
  /** Undefined while it waits for the provider. */
  sentAtMs: number | undefined;
}

/**
 * Solutions that the provider may not have. It never confirms one, so a solution stays in doubt until the provider was heard a
 * while after it was sent: if the connection is lost before, it is sent again. A connection that died without a word is noticed
 * minutes later, which is why the time since the sending says nothing.
 */
export class KeptSolutions {
  readonly #max: number;
  readonly #doubtMs: number;
  #kept: Kept[] = [];

  constructor(max: number, doubtMs: number) {
    this.#max = max;
    this.#doubtMs = doubtMs;
  }

  /** Waiting to be sent. */
  get waiting(): number {
    return this.#kept.filter((kept) => kept.sentAtMs === undefined).length;
  }

  /** `sentAtMs` undefined while the provider is away. When full, the oldest one goes. */
  add(solution: BlockSolution, sentAtMs: number | undefined): void {
    this.#kept.push({ solution, sentAtMs });
    if (this.#kept.length > this.#max) this.#kept.shift();
  }

  /** The connection is gone, the provider was heard last at `heardAtMs`: whatever is in doubt will be sent again. */
  connectionLost(heardAtMs: number): void {
    this.#kept = this.#kept.filter((kept) => kept.sentAtMs === undefined || heardAtMs - kept.sentAtMs < this.#doubtMs);
    for (const kept of this.#kept) kept.sentAtMs = undefined;
  }

  /** What is to be sent now, oldest first. */
  takeWaiting(nowMs: number): readonly BlockSolution[] {
    const waiting = this.#kept.filter((kept) => kept.sentAtMs === undefined);
    for (const kept of waiting) kept.sentAtMs = nowMs;
    return waiting.map((kept) => kept.solution);
  }

  /** A tip with this hash proves that the provider has the block. */
  confirm(hash: Uint8Array): void {
    this.#kept = this.#kept.filter(({ solution }) => !solution.hash.every((byte, index) => byte === hash[index]));
  }
}
