import { UsageError } from '@stratumkit/codec';
import { sv1Error } from './failure.ts';

/** Longest line accepted, in bytes, without its line end. */
export const MAX_LINE_BYTES = 65_536;

/** The longest line, without its end. */
export interface LineSplitterOptions {
  /** `MAX_LINE_BYTES` unless given. */
  readonly maxLineBytes?: number;
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const INITIAL_CAPACITY = 256;

/**
 * Cuts a byte stream into lines, without their line end (`\n` or `\r\n`); empty lines are skipped. Call `next` until it
 * returns undefined after each `push`. A line that arrived in one chunk is a view into it.
 *
 * Throws RemoteError `line-too-long` once and is dead from then on. It holds at most twice the limit besides the chunks that
 * were pushed and not yet read.
 */
export class LineSplitter {
  readonly #limit: number;
  readonly #chunks: Uint8Array[] = [];
  #taken = 0;
  #partial = new Uint8Array(INITIAL_CAPACITY);
  #filled = 0;
  #dead = false;

  constructor(options: LineSplitterOptions = {}) {
    this.#limit = options.maxLineBytes ?? MAX_LINE_BYTES;
  }

  push(chunk: Uint8Array): void {
    this.#assertAlive();
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  next(): Uint8Array | undefined {
    this.#assertAlive();
    for (;;) {
      const line = this.#nextLine();
      if (line === undefined || line.length > 0) return line;
    }
  }

  #nextLine(): Uint8Array | undefined {
    for (let chunk = this.#chunks[0]; chunk !== undefined; chunk = this.#chunks[0]) {
      const start = this.#skipEmptyLines(chunk);
      if (start === chunk.length) {
        this.#drop();
        continue;
      }
      const end = chunk.indexOf(LINE_FEED, start);
      if (end >= 0) {
        this.#taken = end + 1;
        if (this.#taken === chunk.length) this.#drop();
        return this.#finish(chunk.subarray(start, end));
      }
      this.#keep(chunk.subarray(start));
      this.#drop();
    }
    return undefined;
  }

  /** A peer can send millions of them: they must cost nothing. Returns where the next line begins. */
  #skipEmptyLines(chunk: Uint8Array): number {
    let start = this.#taken;
    if (this.#filled > 0) return start;
    while (chunk[start] === LINE_FEED || (chunk[start] === CARRIAGE_RETURN && chunk[start + 1] === LINE_FEED)) start++;
    this.#taken = start;
    return start;
  }

  #drop(): void {
    this.#chunks.shift();
    this.#taken = 0;
  }

  #finish(last: Uint8Array): Uint8Array {
    let line = last;
    if (this.#filled > 0) {
      this.#keep(last);
      line = this.#partial.slice(0, this.#filled);
      this.#filled = 0;
    }
    const whole = line[line.length - 1] === CARRIAGE_RETURN ? line.subarray(0, line.length - 1) : line;
    if (whole.length > this.#limit) throw this.#tooLong(whole.length);
    return whole;
  }

  #keep(part: Uint8Array): void {
    const needed = this.#filled + part.length;
    // One more for a carriage return whose line feed is still to come.
    if (needed > this.#limit + 1) throw this.#tooLong(needed);
    if (needed > this.#partial.length) {
      const grown = new Uint8Array(Math.min(this.#limit + 1, Math.max(needed, this.#partial.length * 2)));
      grown.set(this.#partial.subarray(0, this.#filled));
      this.#partial = grown;
    }
    this.#partial.set(part, this.#filled);
    this.#filled = needed;
  }

  #tooLong(length: number) {
    this.#dead = true;
    this.#chunks.length = 0;
    this.#partial = new Uint8Array(0);
    return sv1Error('line-too-long', `a line of ${length} bytes or more, at most ${this.#limit} are accepted`, {
      limit: this.#limit,
    });
  }

  #assertAlive(): void {
    if (this.#dead) throw new UsageError('dead', 'the splitter has refused a line and takes no more bytes');
  }
}
