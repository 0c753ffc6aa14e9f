import { NodeError } from './errors.ts';

/** Reads the members of a JSON object that a node sent; every failure names the member. */
export class JsonFields {
  readonly #method: string;
  readonly #value: Readonly<Record<string, unknown>>;

  constructor(method: string, value: unknown) {
    this.#method = method;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalid(method, 'object expected');
    this.#value = value as Record<string, unknown>;
  }

  string(name: string): string {
    const value = this.#value[name];
    return typeof value === 'string' ? value : this.#fail(name, 'string');
  }

  optionalString(name: string): string | undefined {
    return this.#value[name] === undefined ? undefined : this.string(name);
  }

  boolean(name: string): boolean {
    const value = this.#value[name];
    return typeof value === 'boolean' ? value : this.#fail(name, 'boolean');
  }

  /** An integer that a double holds exactly: amounts lie below 2^51 satoshis. */
  integer(name: string): number {
    const value = this.#value[name];
    return typeof value === 'number' && Number.isSafeInteger(value) ? value : this.#fail(name, 'integer');
  }

  satoshis(name: string): bigint {
    const value = this.integer(name);
    return value >= 0 ? BigInt(value) : this.#fail(name, 'amount');
  }

  array(name: string): readonly unknown[] {
    const value = this.#value[name];
    return Array.isArray(value) ? value : this.#fail(name, 'array');
  }

  bytes(name: string, size?: number): Uint8Array {
    const text = this.string(name);
    if (!/^(?:[0-9a-f]{2})*$/i.test(text) || (size !== undefined && text.length !== 2 * size))
      return this.#fail(name, size === undefined ? 'hex' : `${size} bytes of hex`);
    return new Uint8Array(Buffer.from(text, 'hex'));
  }

  /** A hash or target, shown the other way round: 32 bytes in wire order. */
  hash(name: string): Uint8Array {
    return this.bytes(name, 32).reverse();
  }

  #fail(name: string, expected: string): never {
    throw invalid(this.#method, `${name}: ${expected} expected`);
  }
}

export function invalid(method: string, problem: string): NodeError {
  return new NodeError('invalid-response', `${method}: ${problem}`, { context: { method, problem } });
}
