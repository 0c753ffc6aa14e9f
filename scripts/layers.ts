/** The layers of docs/architecture.md: a room may import rooms of lower layers, and inside its own layer only what `edges` lists. */
export const LAYERS: readonly (readonly string[])[] = [
  ['codec', 'bitcoin'],
  ['messages', 'framing', 'noise', 'sv1'],
  ['channels', 'connection', 'translation', 'regtest', 'roles', 'simulation'],
  ['accelerate', 'node-rpc', 'transport', 'runtime'],
];

/** Imports allowed between rooms of one layer. */
export const EDGES: Readonly<Record<string, readonly string[]>> = {
  bitcoin: ['codec'],
  translation: ['channels'],
  roles: ['channels', 'connection', 'translation'],
  simulation: ['channels', 'connection', 'translation', 'regtest', 'roles'],
};

/** The only app that may import other apps. */
export const COMPOSER = 'stack';

/** Private helpers for tests: no room's `src` may import it. */
export const TEST_ONLY = 'testing';

/** The room of a path inside the repository: `{ kind: 'package', name: 'codec' }`. */
export function allowedImports(room: string): readonly string[] {
  const layer = LAYERS.findIndex((names) => names.includes(room));
  if (layer < 0) throw new Error(`packages/${room} stands in no layer of scripts/layers.ts`);
  return [...LAYERS.slice(0, layer).flat(), ...(EDGES[room] ?? [])];
}
