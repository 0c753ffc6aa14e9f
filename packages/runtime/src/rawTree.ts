/** Where a value came from, as errors name it: `pool.toml:12`, `POOL__LISTEN_ADDRESS`, `--listen-address`. */
export type Origin = string;

export interface RawLeaf {
  readonly kind: 'value';
  readonly raw: unknown;
  readonly origin: Origin;
}

/** Values of all sources laid over each other; a later source replaces single values, never whole tables. */
export interface RawTable {
  readonly kind: 'table';
  readonly origin: Origin;
  readonly entries: Map<string, RawLeaf | RawTable>;
}

export function createTable(origin: Origin): RawTable {
  return { kind: 'table', origin, entries: new Map() };
}

/** Sets a value over those of weaker sources, and forgets what they said by another key. */
export function replaceAt(root: RawTable, path: readonly string[], leaf: RawLeaf, other: string | undefined): void {
  if (other !== undefined) root.entries.delete(other);
  setAt(root, path, leaf);
}

/** Sets a value, making tables on the way. A value where a table belongs is replaced. */
export function setAt(root: RawTable, path: readonly string[], leaf: RawLeaf): void {
  let table = root;
  for (const key of path.slice(0, -1)) {
    const next = table.entries.get(key);
    if (next?.kind === 'table') {
      table = next;
    } else {
      const made = createTable(leaf.origin);
      table.entries.set(key, made);
      table = made;
    }
  }
  table.entries.set(path.at(-1)!, leaf);
}
