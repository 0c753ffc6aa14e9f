export interface PulseLimits {
  /** Silence after which the provider is asked whether it is there. */
  readonly silenceMs: number;
  /** How long it may go on being silent then. */
  readonly answerMs: number;
  /** Shortest time between two questions. */
  readonly askIntervalMs: number;
}

/**
 * Whether the provider is there. The protocol has no ping, and a provider may have nothing to say for as long as a block takes, so
 * it is asked for the transactions of a template that does not exist. It answers in order: its answer also proves that it read
 * whatever was sent before the question.
 */
export class ProviderPulse {
  readonly #limits: PulseLimits;
  #heardAtMs = 0;
  #askedAtMs = Number.NEGATIVE_INFINITY;
  #isAsking = false;

  constructor(limits: PulseLimits) {
    this.#limits = limits;
  }

  connected(nowMs: number): void {
    this.#heardAtMs = nowMs;
    this.#isAsking = false;
  }

  heard(nowMs: number): void {
    this.#heardAtMs = nowMs;
  }

  asked(nowMs: number): void {
    this.#askedAtMs = nowMs;
    this.#isAsking = true;
  }

  /** False if nothing had been asked. */
  answered(): boolean {
    const wasAsking = this.#isAsking;
    this.#isAsking = false;
    return wasAsking;
  }

  /** When to ask, or to give up. `wantsProof`: something was sent that the provider has not proved to have read. */
  dueMs(wantsProof: boolean): number {
    return this.#isAsking ? this.#silentMs : Math.min(this.#askMs(wantsProof), this.#silentMs);
  }

  isSilent(nowMs: number): boolean {
    return nowMs >= this.#silentMs;
  }

  mayAsk(nowMs: number, wantsProof: boolean): boolean {
    return !this.#isAsking && nowMs >= this.#askMs(wantsProof);
  }

  get #silentMs(): number {
    return this.#heardAtMs + this.#limits.silenceMs + this.#limits.answerMs;
  }

  #askMs(wantsProof: boolean): number {
    const { silenceMs, askIntervalMs } = this.#limits;
    const earliest = this.#askedAtMs + askIntervalMs;
    return wantsProof ? earliest : Math.max(earliest, this.#heardAtMs + silenceMs);
  }
}
