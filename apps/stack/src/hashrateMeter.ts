const WINDOW_SECONDS = 60;

/** Hashrate from the work of accepted shares over the last minute, or since the start while that is shorter. */
export class HashrateMeter {
  readonly #shares: { readonly atSeconds: number; readonly work: number }[] = [];
  #sum = 0;

  /** `work`: hashes expected behind the share. */
  add(work: number, atSeconds: number): void {
    this.#shares.push({ atSeconds, work });
    this.#sum += work;
  }

  /** Hashes per second. */
  read(atSeconds: number): number {
    while (this.#shares.length > 0 && this.#shares[0]!.atSeconds < atSeconds - WINDOW_SECONDS) {
      this.#sum -= this.#shares.shift()!.work;
    }
    return this.#shares.length === 0 ? 0 : this.#sum / Math.max(1, Math.min(atSeconds, WINDOW_SECONDS));
  }
}
