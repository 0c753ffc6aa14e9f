import type { Problem } from './parseTree.ts';
import { type RawTable, replaceAt } from './rawTree.ts';
import { FieldProblem, type Fields, type Leaf } from './schema.ts';

/** By flag name without dashes: text, or true and false for switches. */
export type FlagValues = Readonly<Record<string, string | boolean | undefined>>;

export interface Flag {
  readonly name: string;
  readonly path: readonly string[];
  readonly leaf: Leaf;
}

/** The flags of a schema, in its order. Secrets and arrays of tables have none. */
export function flagsOf(fields: Fields, parents: readonly string[] = []): Flag[] {
  return Object.entries(fields).flatMap(([key, field]): Flag[] => {
    const path = [...parents, key];
    if (field.kind === 'section') return flagsOf(field.fields, path);
    if (field.kind === 'sectionList' || field.secret || field.flag === false) return [];
    const name = field.flag ?? path.join('-').replaceAll('_', '-').toLowerCase();
    return [{ name, path, leaf: field }];
  });
}

export function applyFlags(tree: RawTable, fields: Fields, values: FlagValues): Problem[] {
  const problems: Problem[] = [];
  for (const { name, path, leaf } of flagsOf(fields)) {
    const value = values[name];
    if (value === undefined) continue;
    const origin = `--${name}`;
    try {
      const raw = typeof value === 'boolean' ? value : leaf.fromText(value);
      replaceAt(tree, path, { kind: 'value', raw, origin }, leaf.replaces);
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
      problems.push({ origin, message: error.message });
    }
  }
  return problems;
}
