const EMPTY = new Uint8Array(0);
/** Up to here a copy costs less than a view. */
const COPIED_BYTES = 64;

/**
 * Bytes received and not yet consumed. A chunk that arrives alone is used in place; what stays behind is gathered in one
 * growing buffer, so that a peer pays for every byte it makes us hold, whatever the chunks. Bytes once handed out never change.
 */
export class InputBuffer {
  #bytes: Uint8Array = EMPTY;
  #start = 0;
  #end = 0;
  /** Whether `#bytes` was made here and may be written behind `#end`. */
  #own = false;

  get length(): number {
    return this.#end - this.#start;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    const length = this.length;
    if (length === 0) {
      this.#bytes = chunk;
      this.#start = 0;
      this.#end = chunk.length;
      this.#own = false;
      return;
    }
    if (!this.#own || this.#end + chunk.length > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(64, (length + chunk.length) * 2));
      grown.set(this.#bytes.subarray(this.#start, this.#end));
      this.#bytes = grown;
      this.#start = 0;
      this.#end = length;
      this.#own = true;
    }
    this.#bytes.set(chunk, this.#end);
    this.#end += chunk.length;
  }

  /** At most the first `count` bytes, left in place. */
  peek(count: number): Uint8Array {
    return this.#bytes.subarray(this.#start, Math.min(this.#start + count, this.#end));
  }

  /** The first `count` bytes, or undefined while there are fewer. */
  take(count: number): Uint8Array | undefined {
    return this.read(count, (bytes, start) => {
      if (count > COPIED_BYTES) return bytes.subarray(start, start + count);
      const copy = new Uint8Array(count);
      for (let i = 0; i < count; i++) copy[i] = bytes[start + i]!;
      return copy;
    });
  }

  /** What `decode` makes of the first `count` bytes, or undefined while there are fewer. It is given them in place. */
  read<T>(count: number, decode: (bytes: Uint8Array, start: number) => T): T | undefined {
    if (this.length < count) return undefined;
    const value = decode(this.#bytes, this.#start);
    this.#start += count;
    if (this.#start === this.#end) this.clear();
    return value;
  }

  /** Lets go of a large array of which little is left. */
  compact(): void {
    const length = this.length;
    if (length === 0 || length * 4 >= this.#bytes.buffer.byteLength) return;
    this.#bytes = this.#bytes.slice(this.#start, this.#end);
    this.#start = 0;
    this.#end = length;
    this.#own = true;
  }

  clear(): void {
    this.#bytes = EMPTY;
    this.#start = 0;
    this.#end = 0;
    this.#own = false;
  }
}
