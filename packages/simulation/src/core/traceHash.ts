/** A running 128-bit digest of everything that happens. Not cryptographic; the same on every machine. */
export class TraceHash {
  #a = 0x243f6a88;
  #b = 0x85a308d3;
  #c = 0x13198a2e;
  #d = 0x03707344;
  #count = 0;

  /** Things added so far. */
  get count(): number {
    return this.#count;
  }

  /** A time in milliseconds (a multiple of 2^-10), what happened, and two numbers that say more. */
  add(timeMs: number, kind: number, first: number, second: number): void {
    const ticks = timeMs * 1024;
    this.#count++;
    this.#word(ticks >>> 0);
    this.#word((Math.floor(ticks / 2 ** 32) ^ (kind << 24)) >>> 0);
    this.#word(first >>> 0);
    this.#word(second >>> 0);
  }

  get hex(): string {
    const words = [this.#a, this.#b, this.#c, this.#d ^ this.#count];
    return words.map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
  }

  #word(value: number): void {
    const mixed = Math.imul(this.#a ^ value, 0x9e3779b1);
    this.#a = Math.imul(this.#b ^ (mixed >>> 15), 0x85ebca77);
    this.#b = (this.#c + (mixed ^ (mixed >>> 13))) | 0;
    this.#c = Math.imul(this.#d ^ value, 0xc2b2ae3d);
    this.#d = (mixed + ((this.#a << 5) | (this.#a >>> 27))) | 0;
  }
}

/** A 32-bit digest of bytes. */
export function checksum(bytes: Uint8Array): number {
  let sum = bytes.length ^ 0x811c9dc5;
  for (let i = 0; i < bytes.length; i++) sum = Math.imul(sum ^ bytes[i]!, 0x01000193);
  return sum >>> 0;
}

/** A 32-bit digest of a text. */
export function textChecksum(text: string): number {
  let sum = text.length ^ 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return sum >>> 0;
}
