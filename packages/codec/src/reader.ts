import { FieldFailure } from './failure.ts';

/** Stands for every empty byte string, so that a list of many costs nothing. */
export const EMPTY: Uint8Array = new Uint8Array(0);

/** A bounds-checked position in a payload. Reading past the end fails before anything is taken. */
export class Reader {
  bytes: Uint8Array = EMPTY;
  offset = 0;

  begin(payload: Uint8Array): void {
    this.bytes = payload;
    this.offset = 0;
  }

  /** Lets go of the payload, so that an idle reader keeps no memory alive. */
  end(): void {
    this.bytes = EMPTY;
  }

  /** Moves past `length` bytes and returns where they start. */
  take(length: number): number {
    const start = this.offset;
    if (start + length > this.bytes.length) throw this.truncated(length);
    this.offset = start + length;
    return start;
  }

  /** A view of the next `length` bytes, always a plain Uint8Array whatever the payload's class is. */
  view(length: number): Uint8Array {
    if (length === 0) return EMPTY;
    const start = this.take(length);
    const bytes = this.bytes;
    return new Uint8Array(bytes.buffer, bytes.byteOffset + start, length);
  }

  /** A little-endian length prefix of 1 to 3 bytes. */
  length(prefixSize: number): number {
    const start = this.take(prefixSize);
    const bytes = this.bytes;
    let length = bytes[start]!;
    if (prefixSize > 1) length |= bytes[start + 1]! << 8;
    if (prefixSize > 2) length |= bytes[start + 2]! << 16;
    return length;
  }

  /** A length prefix whose type allows less than the prefix could say. */
  lengthUpTo(prefixSize: number, maxLength: number, typeName: string): number {
    const offset = this.offset;
    const length = this.length(prefixSize);
    if (length > maxLength) {
      throw new FieldFailure(`${typeName} holds at most ${maxLength}, not ${length}, at offset ${offset}`, {
        offset,
        length,
        maxLength,
      });
    }
    return length;
  }

  truncated(needed: number): FieldFailure {
    const left = this.bytes.length - this.offset;
    return new FieldFailure(`needs ${needed} bytes at offset ${this.offset}, ${left} left`, {
      offset: this.offset,
      needed,
      left,
    });
  }
}
