import type { Problem } from './parseTree.ts';
import { type RawTable, replaceAt } from './rawTree.ts';
import { type Field, FieldProblem, type Fields, type Leaf } from './schema.ts';
import { suggestionFor } from './suggestion.ts';

/**
 * Lays variables like `POOL__LISTEN_ADDRESS` over a tree; `__` goes one table down, a number picks an entry of an array of
 * tables. A variable with the prefix and an unknown name is a problem.
 */
export function applyEnvironment(
  tree: RawTable,
  fields: Fields,
  prefix: string,
  environment: Readonly<Record<string, string | undefined>>,
): Problem[] {
  const problems: Problem[] = [];
  for (const name of Object.keys(environment).sort()) {
    const text = environment[name];
    if (text === undefined || !name.startsWith(`${prefix}__`)) continue;
    const found = findLeaf(fields, name.slice(prefix.length + 2).split('__'));
    if (found === undefined) {
      const nearest = suggestionFor(name, variableNames(fields, prefix));
      problems.push({
        origin: name,
        message: `names no key${nearest === undefined ? '' : `; did you mean ${nearest}?`}`,
      });
      continue;
    }
    try {
      const raw = found.leaf.fromText(text);
      replaceAt(tree, found.path, { kind: 'value', raw, origin: name }, found.leaf.replaces);
    } catch (error) {
      if (!(error instanceof FieldProblem)) throw error;
      problems.push({ origin: name, message: error.message });
    }
  }
  return problems;
}

/** All variables of a schema; an array of tables with the number 0. */
export function variableNames(fields: Fields, prefix: string): string[] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const name = `${prefix}__${key.toUpperCase()}`;
    if (field.kind === 'leaf') return [name];
    return field.kind === 'section'
      ? variableNames(field.fields, name)
      : variableNames(field.item.fields, `${name}__0`);
  });
}

function findLeaf(fields: Fields, parts: readonly string[]): { path: string[]; leaf: Leaf } | undefined {
  const path: string[] = [];
  const rest = [...parts];
  let current = fields;
  for (;;) {
    const part = rest.shift();
    const key = Object.keys(current).find((candidate) => candidate.toUpperCase() === part?.toUpperCase());
    if (key === undefined) return undefined;
    path.push(key);
    const field: Field = current[key]!;
    if (field.kind === 'leaf') return rest.length === 0 ? { path, leaf: field } : undefined;
    if (field.kind === 'sectionList') {
      const index = rest.shift();
      if (index === undefined || !/^\d{1,3}$/.test(index)) return undefined;
      path.push(String(Number(index)));
      current = field.item.fields;
    } else {
      current = field.fields;
    }
  }
}
