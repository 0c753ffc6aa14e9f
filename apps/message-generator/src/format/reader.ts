import type { JsonObject, JsonValue } from '@stratumkit/codec';
import { didYouMean } from './didYouMean.ts';
import { type JsonDocument, JsonSyntaxError, parseJsonDocument } from './jsonDocument.ts';
import { type Problem, TestFileError } from './problems.ts';

/** Gathers what is wrong in a file and its imports while they are read. */
export class Problems {
  readonly errors: Problem[] = [];
  readonly warnings: Problem[] = [];

  throwIfAny(): void {
    if (this.errors.length > 0) throw new TestFileError(this.errors);
  }
}

/** A value of a test file that knows where it stands. What is wrong is noted, and a stand-in returned, so that one pass finds all. */
export class Node {
  readonly json: JsonValue | undefined;
  readonly file: string;
  readonly line: number;
  readonly path: string;
  readonly #document: JsonDocument;
  readonly #problems: Problems;

  constructor(
    json: JsonValue | undefined,
    place: { file: string; line: number; path: string },
    document: JsonDocument,
    problems: Problems,
  ) {
    this.json = json;
    this.file = place.file;
    this.line = place.line;
    this.path = place.path;
    this.#document = document;
    this.#problems = problems;
  }

  get exists(): boolean {
    return this.json !== undefined;
  }

  error(message: string): void {
    this.#problems.errors.push({ file: this.file, line: this.line, message: this.#located(message) });
  }

  warn(message: string): void {
    this.#problems.warnings.push({ file: this.file, line: this.line, message: this.#located(message) });
  }

  get(key: string): Node {
    const { json } = this;
    const value = isObject(json) && Object.hasOwn(json, key) ? json[key] : undefined;
    return this.#child(value, key, this.path === '' ? key : `${this.path}.${key}`);
  }

  /** The elements of an array; none, and a problem, if it is no array. An absent one is empty if `optional`. */
  items(options: { readonly optional?: boolean } = {}): readonly Node[] {
    const { json } = this;
    if (!Array.isArray(json)) {
      if (json !== undefined || options.optional !== true) this.#expected('an array');
      return [];
    }
    return json.map((item: JsonValue, index) => this.#child(item, index, `${this.path}[${index}]`));
  }

  keys(): readonly string[] {
    return isObject(this.json) ? Object.keys(this.json) : [];
  }

  object(): JsonObject {
    if (isObject(this.json)) return this.json;
    this.#expected('an object');
    return {};
  }

  text(): string {
    if (typeof this.json === 'string') return this.json;
    this.#expected('a string');
    return '';
  }

  optionalText(): string | undefined {
    return this.exists ? this.text() : undefined;
  }

  oneOf<const Choice extends string>(choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.json);
    if (found !== undefined) return found;
    this.#expected(choices.map((choice) => `"${choice}"`).join(' or '));
    return choices[0]!;
  }

  boolean(otherwise?: boolean): boolean {
    if (typeof this.json === 'boolean') return this.json;
    if (this.json !== undefined || otherwise === undefined) this.#expected('true or false');
    return otherwise ?? false;
  }

  integer(minimum: number, maximum: number): number {
    const { json } = this;
    if (typeof json === 'number' && Number.isInteger(json) && json >= minimum && json <= maximum) return json;
    this.#expected(`an integer from ${minimum} to ${maximum}`);
    return minimum;
  }

  optionalInteger(minimum: number, maximum: number): number | undefined {
    return this.exists ? this.integer(minimum, maximum) : undefined;
  }

  /** Unknown keys are ignored by the format; they are only worth a warning. */
  warnUnknown(known: readonly string[]): void {
    for (const key of this.keys())
      if (!known.includes(key)) this.get(key).warn(`unknown key, ignored${didYouMean(key, known)}`);
  }

  #child(value: JsonValue | undefined, key: string | number, path: string): Node {
    const { json } = this;
    const line = typeof json === 'object' && json !== null ? this.#document.lineOf(json, key) : 0;
    return new Node(value, { file: this.file, line: line || this.line, path }, this.#document, this.#problems);
  }

  #expected(what: string): void {
    this.error(this.json === undefined ? `is missing (${what})` : `must be ${what}`);
  }

  #located(message: string): string {
    return this.path === '' ? message : `${this.path}: ${message}`;
  }
}

export function readDocument(text: string, file: string, problems: Problems): Node {
  let document: JsonDocument;
  try {
    document = parseJsonDocument(text);
  } catch (error) {
    if (!(error instanceof JsonSyntaxError)) throw error;
    throw new TestFileError([{ file, line: error.line, message: `column ${error.column}: ${error.message}` }]);
  }
  for (const { key, line } of document.repeatedKeys) {
    problems.warnings.push({ file, line, message: `"${key}" stands twice in one object, the last one counts` });
  }
  return new Node(document.value, { file, line: 1, path: '' }, document, problems);
}

export function isObject(json: JsonValue | undefined): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}
