const MAX_REMEMBERED = 1_024;

/** Who found a block, from the pool's word that it handed the solution on until the template provider's word on the block. */
export class BlockFinders {
  readonly #devices = new Map<string, string>();

  note(hash: string, device: string): void {
    this.#devices.set(hash, device);
    if (this.#devices.size > MAX_REMEMBERED) this.#devices.delete(this.#devices.keys().next().value as string);
  }

  /** Undefined for a block that no device of this stack found. */
  take(hash: string): string | undefined {
    const device = this.#devices.get(hash);
    this.#devices.delete(hash);
    return device;
  }
}
