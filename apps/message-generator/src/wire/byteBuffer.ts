/** Bytes that arrived and were not taken yet. */
export class ByteBuffer {
  #bytes = new Uint8Array(0);

  get length(): number {
    return this.#bytes.length;
  }

  push(chunk: Uint8Array): void {
    const joined = new Uint8Array(this.#bytes.length + chunk.length);
    joined.set(this.#bytes);
    joined.set(chunk, this.#bytes.length);
    this.#bytes = joined;
  }

  /** The first `length` bytes, or undefined if there are not that many. */
  take(length: number): Uint8Array | undefined {
    if (this.#bytes.length < length) return undefined;
    const taken = this.#bytes.subarray(0, length);
    this.#bytes = this.#bytes.subarray(length);
    return taken;
  }

  takeAll(): Uint8Array {
    return this.take(this.#bytes.length) ?? new Uint8Array(0);
  }

  peek(): Uint8Array {
    return this.#bytes;
  }
}
