import {
  decodeAuthorityPublicKey,
  decodeAuthoritySecretKey,
  parseStratumUrl,
  type StratumUrl,
} from '@stratumkit/noise';
import { FieldProblem, type Leaf } from './schema.ts';
import { shownValue } from './shownValue.ts';
import { parseSocketAddress, type SocketAddress } from './socketAddress.ts';

/** How a value is called, described and kept. */
export interface FieldOptions {
  /** One line for `--help` and the documentation. */
  readonly doc: string;
  /** As a TOML file would have it. A field with neither a default nor `optional` must be given. */
  readonly default?: unknown;
  readonly optional?: boolean;
  /** Only from a file or the environment, and never repeated in an error. */
  readonly secret?: boolean;
  /** Name of the flag without dashes, false for none; by default the path of keys in kebab case. */
  readonly flag?: string | false;
  /** Other names of the flag: those that other commands have for the same thing. */
  readonly aliases?: readonly string[];
  /** What `--help` writes in place of the value; by default by kind: `number`, `host:port`. */
  readonly placeholder?: string;
  /** The key of the outermost table that says the same in another form: a variable or flag overrides that one of the file, too. */
  readonly replaces?: string;
}

/** The type of a field's value: `| undefined` when it is optional. */
export type ValueWith<Value, O> = O extends { readonly optional: true } ? Value | undefined : Value;

/** A text, at most 4,096 characters unless `maxLength` says otherwise. */
export function string<const O extends FieldOptions & { readonly pattern?: RegExp; readonly maxLength?: number }>(
  options: O,
): Leaf<ValueWith<string, O>> {
  const { pattern, maxLength = 4096 } = options;
  return leaf(options, 'text', (raw) => {
    const value = textOf(raw);
    if (value.length > maxLength) throw new FieldProblem(`is longer than ${maxLength} characters`);
    if (pattern !== undefined && !pattern.test(value)) throw new FieldProblem(`does not match ${pattern.source}`);
    return value;
  });
}

/** A range, both ends included; a value outside is refused with the range. */
export interface NumberOptions extends FieldOptions {
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A whole number in a range. */
export function integer<const O extends NumberOptions>(options: O): Leaf<ValueWith<number, O>> {
  const { minimum = Number.MIN_SAFE_INTEGER, maximum = Number.MAX_SAFE_INTEGER } = options;
  const range = rangeText('a whole number', options);
  return leaf(
    options,
    'number',
    (raw) => {
      if (typeof raw !== 'number' || !Number.isSafeInteger(raw) || raw < minimum || raw > maximum) {
        throw new FieldProblem(`is not ${range}`);
      }
      return raw;
    },
    numberFromText,
  );
}

/** Any finite number. */
export function number<const O extends NumberOptions>(options: O): Leaf<ValueWith<number, O>> {
  const { minimum = Number.NEGATIVE_INFINITY, maximum = Number.POSITIVE_INFINITY } = options;
  const range = rangeText('a number', options);
  return leaf(
    options,
    'number',
    (raw) => {
      if (typeof raw !== 'number' || !Number.isFinite(raw) || raw < minimum || raw > maximum) {
        throw new FieldProblem(`is not ${range}`);
      }
      return raw;
    },
    numberFromText,
  );
}

/** True or false; on the command line a switch with a `--no-` twin. */
export function boolean<const O extends FieldOptions>(options: O): Leaf<ValueWith<boolean, O>> {
  const parse = (raw: unknown) => {
    if (typeof raw !== 'boolean') throw new FieldProblem('is not true or false');
    return raw;
  };
  const fromText = (text: string) => ({ true: true, false: false, 1: true, 0: false })[text.toLowerCase()] ?? text;
  return { ...leaf<boolean, O>(options, 'true|false', parse, fromText), isSwitch: true };
}

/** One of a few words. */
export function choice<const C extends string, const O extends FieldOptions>(
  choices: readonly C[],
  options: O,
): Leaf<ValueWith<C, O>> {
  return leaf(options, choices.join('|'), (raw) => {
    const found = choices.find((candidate) => candidate === raw);
    if (found === undefined) throw new FieldProblem(`is not one of ${choices.join(', ')}`);
    return found;
  });
}

/** `host:port`; IPv6 hosts in brackets; port 0 for any free one. */
export function socketAddress<const O extends FieldOptions>(options: O): Leaf<ValueWith<SocketAddress, O>> {
  return leaf(options, 'host:port', (raw) => parseSocketAddress(textOf(raw)));
}

/** Bytes in hex; `length` in bytes when it is fixed. */
export function hex<const O extends FieldOptions & { readonly length?: number }>(
  options: O,
): Leaf<ValueWith<Uint8Array, O>> {
  const { length } = options;
  return leaf(options, 'hex', (raw) => {
    const text = textOf(raw);
    if (!/^([0-9a-f]{2})*$/i.test(text)) throw new FieldProblem('is not an even number of hex digits');
    if (length !== undefined && text.length !== 2 * length) {
      throw new FieldProblem(`has ${text.length / 2} bytes where ${length} belong`);
    }
    return new Uint8Array(Buffer.from(text, 'hex'));
  });
}

/** Several values of one kind: an array in TOML, with commas between them elsewhere. */
export function list<Item, const O extends FieldOptions & { readonly maximumLength?: number }>(
  item: Leaf<Item>,
  options: O,
): Leaf<ValueWith<readonly Item[], O>> {
  const { maximumLength = 1024 } = options;
  return leaf(
    options,
    `${item.placeholder},...`,
    (raw) => {
      if (!Array.isArray(raw)) throw new FieldProblem('is not a list');
      if (raw.length > maximumLength) throw new FieldProblem(`has more than ${maximumLength} entries`);
      return raw.map((entry, index) => {
        try {
          return item.parse(entry);
        } catch (error) {
          if (error instanceof FieldProblem)
            throw new FieldProblem(`has ${shownValue(entry)} at place ${index + 1}, which ${error.message}`);
          throw error;
        }
      });
    },
    (text) => (text.trim() === '' ? [] : text.split(',').map((part) => item.fromText(part.trim()))),
  );
}

/** An authority public key in the base58check form of spec 4.7; 32 bytes. */
export function authorityPublicKey<const O extends FieldOptions>(options: O): Leaf<ValueWith<Uint8Array, O>> {
  const field = leaf<Uint8Array, O>(options, 'key', (raw) => explained(() => decodeAuthorityPublicKey(textOf(raw))));
  return { ...field, concealed: true };
}

/** An authority secret key in base58check; 32 bytes. Always secret. */
export function authoritySecretKey<const O extends FieldOptions>(options: O): Leaf<ValueWith<Uint8Array, O>> {
  const field = leaf<Uint8Array, O>(options, 'key', (raw) => explained(() => decodeAuthoritySecretKey(textOf(raw))));
  return { ...field, secret: true, concealed: true };
}

/** `stratum2+tcp://host:port/key` */
export function stratumUrl<const O extends FieldOptions>(options: O): Leaf<ValueWith<StratumUrl, O>> {
  const field = leaf<StratumUrl, O>(options, 'url', (raw) => explained(() => parseStratumUrl(textOf(raw))));
  return { ...field, concealed: true };
}

/** A kind of value of an app's own. `parse` throws `FieldProblem`, or anything whose message completes "is wrong: ...". */
export function custom<Value, const O extends FieldOptions>(
  options: O,
  parse: (text: string) => Value,
): Leaf<ValueWith<Value, O>> {
  return leaf(options, 'text', (raw) => explained(() => parse(textOf(raw))));
}

function leaf<Value, O extends FieldOptions>(
  options: O,
  placeholder: string,
  parse: (raw: unknown) => Value,
  fromText: (text: string) => unknown = (text) => text,
): Leaf<ValueWith<Value, O>> {
  return {
    kind: 'leaf',
    doc: options.doc,
    placeholder: options.placeholder ?? placeholder,
    defaultValue: options.default,
    optional: options.optional ?? false,
    secret: options.secret ?? false,
    concealed: options.secret ?? false,
    flag: options.flag,
    aliases: options.aliases ?? [],
    replaces: options.replaces,
    isSwitch: false,
    parse: parse as Leaf<ValueWith<Value, O>>['parse'],
    fromText,
  };
}

function textOf(raw: unknown): string {
  if (typeof raw !== 'string') throw new FieldProblem('is not a text in quotes');
  return raw;
}

function numberFromText(text: string): unknown {
  return /^[+-]?(\d[\d_]*)(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text.replaceAll('_', '')) : text;
}

function explained<Value>(parse: () => Value): Value {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FieldProblem) throw error;
    throw new FieldProblem(`is wrong: ${error instanceof Error ? error.message : 'not understood'}`);
  }
}

function rangeText(kind: string, { minimum, maximum }: NumberOptions): string {
  if (minimum !== undefined && maximum !== undefined) return `${kind} from ${minimum} to ${maximum}`;
  if (minimum !== undefined) return `${kind} of at least ${minimum}`;
  return maximum === undefined ? kind : `${kind} of at most ${maximum}`;
}
