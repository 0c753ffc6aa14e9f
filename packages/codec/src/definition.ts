import type { Field, JsonOptions, LogValue } from './field.ts';
import type { JsonObject, JsonValue } from './json.ts';

/** The fields of a message in wire order. */
export type FieldMap = Readonly<Record<string, Field<unknown>>>;

/** The value type of a set of fields. */
export type ValueOf<Fields extends FieldMap> = {
  readonly [Key in keyof Fields]: Fields[Key] extends Field<infer T> ? T : never;
};

/** Who sends a message: the side nearer to the node (`upstream`), the side nearer to the miners (`downstream`), or both. */
export type Sender = 'upstream' | 'downstream' | 'either';

/** What a message declares about itself. */
export interface MessageSpec<Name extends string = string, Fields extends FieldMap = FieldMap> {
  /** The spec's name, dot and all: `SubmitShares.Success`. */
  readonly name: Name;
  readonly messageType: number;
  /** Extension that defines the message; 0, the default, is the core protocol. */
  readonly extensionType?: number;
  /** Whether the frame carries the channel_msg bit; then `channelId` must be the first field. */
  readonly channelMessage: boolean;
  readonly sentBy: Sender;
  /** Section of the spec, e.g. `5.3.13` or `ext 0x0001`. */
  readonly spec: string;
  readonly doc?: string;
  readonly fields: Fields;
}

/** A message declared once: encoder, decoder, sizes, JSON form, log view, and the declaration itself for docs and generators. */
export interface MessageDefinition<Name extends string = string, Fields extends FieldMap = FieldMap> {
  readonly name: Name;
  readonly messageType: number;
  readonly extensionType: number;
  readonly channelMessage: boolean;
  readonly sentBy: Sender;
  readonly spec: string;
  readonly doc: string;
  readonly fields: Fields;
  /** The spec's name of each field, as in the JSON form. */
  readonly specNames: Readonly<Record<keyof Fields, string>>;
  /** Bounds of the payload size in bytes, without TLV fields. */
  readonly minSize: number;
  readonly maxSize: number;
  /** Throws UsageError `encode` for a value of variable size that its type cannot carry. */
  encodedSize(value: ValueOf<Fields>): number;
  /** Throws UsageError `encode`, with the path of the field, for a value that its type cannot carry. */
  encode(value: ValueOf<Fields>): Uint8Array;
  /** Encodes at `offset` and returns the offset behind the message. On an error `out` may be partly written. */
  encodeInto(value: ValueOf<Fields>, out: Uint8Array, offset: number): number;
  /**
   * Decodes the fields and ignores bytes behind the last one. Byte fields are views into `payload`: copy what must outlive
   * it. Throws RemoteError `decode` with the path of the field.
   */
  decode(payload: Uint8Array): ValueOf<Fields>;
  /** Like `decode`, and hands back the bytes behind the last field (TLV fields, or a newer layout), as a view. */
  decodePrefix(payload: Uint8Array): { readonly value: ValueOf<Fields>; readonly rest: Uint8Array };
  /** The message-generator's JSON form: `type`, then the fields under their spec names; U64 as bigint, see `formatJson`. */
  toJson(value: ValueOf<Fields>): JsonObject;
  /** Reads that form; keys that are no field are ignored. Throws UsageError `json` with the path of the field. */
  fromJson(json: JsonValue, options?: JsonOptions): ValueOf<Fields>;
  /** The value for a log line: bytes as hexadecimal, text escaped, long lists and bytes cut short. */
  describe(value: ValueOf<Fields>): Readonly<Record<string, LogValue>>;
}

/** The value type of a message definition. */
export type Infer<Definition> = Definition extends { decode(payload: Uint8Array): infer Value } ? Value : never;
