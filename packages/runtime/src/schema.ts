/** `listen_address` to `listenAddress`; other names stay as they are. */
export type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** A value of the configuration, wherever it comes from. */
export interface Leaf<Value = unknown> {
  readonly kind: 'leaf';
  readonly doc: string;
  /** What to write in its place, for help texts: `host:port`. */
  readonly placeholder: string;
  /** In the form a TOML file has it. */
  readonly defaultValue: unknown;
  /** Whether it may be absent; its value is then undefined. */
  readonly optional: boolean;
  /** Not a flag, because other users of the machine see command lines; also concealed. */
  readonly secret: boolean;
  /** Never repeated in an error: it is a secret, or a place where one may have been put by mistake. */
  readonly concealed: boolean;
  /** Name of the flag without dashes; false for none; by default the path of keys, in kebab case. */
  readonly flag: string | false | undefined;
  /** Other names of the flag, without dashes. */
  readonly aliases: readonly string[];
  /** The key of the outermost table that says the same in another form; see `FieldOptions`. */
  readonly replaces: string | undefined;
  /** A flag without a value, with a `--no-` twin. */
  readonly isSwitch: boolean;
  /** From what TOML gives. Throws `FieldProblem`. */
  parse(raw: unknown): Value;
  /** Text of a flag or of the environment to what TOML would give. Throws `FieldProblem`. */
  fromText(text: string): unknown;
}

/** A TOML table with known keys. */
export interface Section<Value = unknown> {
  readonly kind: 'section';
  readonly doc: string;
  readonly optional: boolean;
  readonly fields: Fields;
  /** Only carries the type. */
  readonly value?: Value;
}

/** An array of tables, `[[upstreams]]`. */
export interface SectionList<Value = unknown> {
  readonly kind: 'sectionList';
  readonly doc: string;
  readonly item: Section;
  readonly minimum: number;
  readonly value?: Value;
}

/** Anything a key of a configuration may hold. */
export type Field<Value = unknown> = Leaf<Value> | Section<Value> | SectionList<Value>;
/** Keys in snake case, as a TOML file has them. */
export type Fields = { readonly [key: string]: Field };

/** The typed object that a schema parses to. */
export type Infer<F> =
  F extends Leaf<infer Value>
    ? Value
    : F extends Section<infer Value>
      ? Value
      : F extends SectionList<infer Value>
        ? Value
        : never;

/** What a schema's fields parse to, by their names in camel case. */
export type InferFields<F extends Fields> = { readonly [Key in keyof F & string as CamelCase<Key>]: Infer<F[Key]> };

type Absence<O> = O extends { readonly optional: true } ? undefined : never;

/** A table; with `optional`, undefined when nothing in it is set. */
export function section<const F extends Fields, const O extends { readonly doc?: string; readonly optional?: boolean }>(
  fields: F,
  options?: O,
): Section<InferFields<F> | Absence<O>> {
  return { kind: 'section', doc: options?.doc ?? '', optional: options?.optional ?? false, fields };
}

/** An array of tables, `[[upstreams]]`, each with these fields. */
export function sectionList<const F extends Fields>(
  fields: F,
  options: { readonly doc: string; readonly minimum?: number },
): SectionList<readonly InferFields<F>[]> {
  return { kind: 'sectionList', doc: options.doc, item: section(fields), minimum: options.minimum ?? 0 };
}

/** What is wrong with one value, without the value: `is no number from 1 to 9`. */
export class FieldProblem extends Error {}

export function camelCase(name: string): string {
  return name.replace(/_([a-zA-Z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
