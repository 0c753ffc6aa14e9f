/** sfc32. Integer arithmetic only, the same on every machine. */
export class SeededRandom {
  #a: number;
  #b = 0x9e3779b9 | 0;
  #c = 0x243f6a88;
  #counter = 1;

  constructor(seed: number) {
    this.#a = seed | 0;
    for (let n = 0; n < 20; n++) this.uniform();
  }

  /** 0 <= u < 1 */
  uniform(): number {
    const next = (((this.#a + this.#b) | 0) + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = (((this.#c << 21) | (this.#c >>> 11)) + next) | 0;
    return (next >>> 0) / 4294967296;
  }

  /** Of mean 1, by comparisons alone (von Neumann): no logarithm that could differ between machines. */
  exponential(): number {
    for (let whole = 0; ; whole++) {
      const first = this.uniform();
      let last = first;
      let length = 1;
      for (let next = this.uniform(); next <= last; next = this.uniform()) {
        last = next;
        length++;
      }
      if (length % 2 === 1) return whole + first;
    }
  }
}
