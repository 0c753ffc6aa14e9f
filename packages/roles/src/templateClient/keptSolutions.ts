import type { SubmitSolution } from '@stratumkit/messages/template-distribution';

/** A solution with the hash of the block it makes. */
export interface BlockSolution {
  readonly message: SubmitSolution;
  /** Header hash, wire order. */
  readonly hash: Uint8Array;
}

interface Kept {
  readonly solution: BlockSolution;
  /** `asked`: a question was sent behind it, whose answer proves that it was read. */
  state: 'waiting' | 'sent' | 'asked';
}

/**
 * Solutions that the provider may not have. It never confirms one, so each is kept until the provider has answered a question that
 * was sent behind it, or until a tip shows the block; if the connection is lost before, it is sent again.
 */
export class KeptSolutions {
  readonly #max: number;
  #kept: Kept[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  /** Waiting to be sent. */
  get waiting(): number {
    return this.#kept.filter(({ state }) => state === 'waiting').length;
  }

  /** Some were sent and no question behind them. */
  get wantProof(): boolean {
    return this.#kept.some(({ state }) => state === 'sent');
  }

  /** When full, the oldest one goes. */
  add(solution: BlockSolution, state: 'waiting' | 'sent'): void {
    this.#kept.push({ solution, state });
    if (this.#kept.length > this.#max) this.#kept.shift();
  }

  /** The connection is gone: whatever is in doubt will be sent again. */
  connectionLost(): void {
    for (const kept of this.#kept) kept.state = 'waiting';
  }

  /** What is to be sent now, oldest first. */
  takeWaiting(): readonly BlockSolution[] {
    const waiting = this.#kept.filter(({ state }) => state === 'waiting');
    for (const kept of waiting) kept.state = 'sent';
    return waiting.map(({ solution }) => solution);
  }

  /** A question goes out behind all that were sent. */
  asked(): void {
    for (const kept of this.#kept) if (kept.state === 'sent') kept.state = 'asked';
  }

  /** The provider has answered the question: it has read everything that was sent before. */
  answered(): void {
    this.#kept = this.#kept.filter(({ state }) => state !== 'asked');
  }

  /** A tip with this hash proves that the provider has the block. */
  confirm(hash: Uint8Array): void {
    this.#kept = this.#kept.filter(({ solution }) => !solution.hash.every((byte, index) => byte === hash[index]));
  }
}
