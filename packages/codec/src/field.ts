import type { JsonValue } from './json.ts';
import type { Reader } from './reader.ts';

/** What a data type is made of, for tools that walk definitions: generators, docs, typed test values. */
export type FieldShape =
  | { readonly kind: 'boolean' }
  | { readonly kind: 'integer'; readonly bits: 8 | 16 | 24 | 32 }
  | { readonly kind: 'bigint'; readonly bits: 64 }
  | { readonly kind: 'float' }
  | { readonly kind: 'fixedBytes'; readonly length: number }
  | { readonly kind: 'bytes'; readonly prefixSize: 1 | 2 | 3; readonly maxLength: number }
  | { readonly kind: 'text'; readonly maxLength: number }
  | { readonly kind: 'option'; readonly element: Field<unknown> }
  | {
      readonly kind: 'sequence';
      readonly prefixSize: 1 | 2;
      readonly maxLength: number;
      readonly element: Field<unknown>;
    };

/** A value as a log may show it: short, printable, safe for JSON.stringify. */
export type LogValue = string | number | boolean | null | readonly LogValue[] | { readonly [key: string]: LogValue };

/** How JSON is read into values. */
export interface JsonOptions {
  /**
   * The old message-generator's reading of byte arrays: one that ends in an element that is no byte loses that element
   * silently, where we would refuse it. Real test files depend on it.
   */
  readonly dropTrailingBadByte?: boolean;
}

/** What a field declaration may override. */
export interface FieldOptions {
  /** The spec's name of the field where it is not the plain snake_case of ours. */
  readonly specName?: string;
}

/** One data type of spec 3.1, with the doc string of the field that uses it. */
export interface Field<T> {
  /** The spec's name of the type, e.g. `SEQ0_255[U256]`. */
  readonly typeName: string;
  readonly doc: string;
  readonly specName: string | undefined;
  readonly shape: FieldShape;
  /** Bounds of the encoded size in bytes; equal for fixed-size types. */
  readonly minSize: number;
  readonly maxSize: number;
  /** Bytes that the value takes. What does not fit the type becomes the message's UsageError `encode`. */
  size(value: T): number;
  /** Byte values are views. Bytes that are no such value become the message's RemoteError `decode`. */
  read(reader: Reader): T;
  /** Writes at `offset`, where `size(value)` bytes must be free, and returns the offset behind the value. */
  write(value: T, out: Uint8Array, offset: number): number;
  toJson(value: T): JsonValue;
  /** The inverse of `toJson`. */
  fromJson(json: JsonValue, options?: JsonOptions): T;
  /** For logs: bytes as hex, long ones cut. */
  describe(value: T): LogValue;
}
