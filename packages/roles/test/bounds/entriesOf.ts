import { Session } from 'node:inspector';

/**
 * How many entries all maps, sets and arrays have that can be reached from a machine, private fields included, by the class and field
 * that hold them. What only a closure or a weak map holds is not seen.
 */
export function entriesOf(root: object): Map<string, number> {
  const inspector = new Inspector();
  const found = new Map<string, number>();
  const seen = new Set<object>();
  const waiting: { readonly value: unknown; readonly at: string }[] = [{ value: root, at: '' }];
  const count = (at: string, entries: number) => found.set(at, (found.get(at) ?? 0) + entries);
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { value, at } = next;
    if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value) || seen.has(value)) continue;
    seen.add(value);
    if (Array.isArray(value) || value instanceof Set) {
      count(at, Array.isArray(value) ? value.length : value.size);
      for (const entry of value) waiting.push({ value: entry, at: `${at}[]` });
    } else if (value instanceof Map) {
      count(at, value.size);
      for (const entry of value.entries()) for (const part of entry) waiting.push({ value: part, at: `${at}[]` });
    } else {
      const { constructor: made } = value;
      const isPlain = made === Object || made === undefined;
      const owner = isPlain ? at : made.name;
      for (const [name, field] of Object.entries(value)) waiting.push({ value: field, at: `${owner}.${name}` });
      if (isPlain) continue;
      for (const [name, field] of inspector.privateFieldsOf(value))
        waiting.push({ value: field, at: `${owner}.${name}` });
    }
  }
  inspector.close();
  return found;
}

interface RemoteValue {
  readonly objectId?: string;
}

interface Reply {
  readonly result: RemoteValue;
  readonly privateProperties?: readonly { readonly name: string; readonly value?: RemoteValue }[];
}

/** Where the inspector puts an object for us to take. */
const HANDED = { value: undefined as unknown };

/** The language keeps private fields from us; a debugger's view of this very thread has them. */
class Inspector {
  readonly #session = new Session();

  constructor() {
    this.#session.connect();
    Object.assign(globalThis, { __handed: HANDED });
  }

  privateFieldsOf(object: object): [name: string, value: unknown][] {
    HANDED.value = object;
    const { result } = this.#post('Runtime.evaluate', { expression: '__handed.value', objectGroup: 'fields' });
    const { privateProperties = [] } = this.#post('Runtime.getProperties', {
      objectId: result.objectId,
      ownProperties: true,
    });
    const fields = privateProperties.map(({ name, value }): [string, unknown] => [name, this.#take(value?.objectId)]);
    this.#post('Runtime.releaseObjectGroup', { objectGroup: 'fields' });
    return fields;
  }

  close(): void {
    this.#session.disconnect();
    Reflect.deleteProperty(globalThis, '__handed');
  }

  #take(objectId: string | undefined): unknown {
    if (objectId === undefined) return undefined;
    this.#post('Runtime.callFunctionOn', { objectId, functionDeclaration: 'function () { __handed.value = this; }' });
    return HANDED.value;
  }

  #post(method: string, parameters: object): Reply {
    let reply: Reply | undefined;
    this.#session.post(method, parameters, (error, given) => {
      if (error !== null) throw new Error(`${method}: ${JSON.stringify(error)}`);
      reply = given as Reply;
    });
    return reply!;
  }
}
