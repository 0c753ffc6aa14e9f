import type { Origin, RawLeaf, RawTable } from './rawTree.ts';
import { camelCase, type Field, FieldProblem, type Fields, type InferFields, type Leaf } from './schema.ts';
import { shownValue } from './shownValue.ts';
import { suggestionFor } from './suggestion.ts';

/** A value that is wrong, unknown or missing, and where it comes from. */
export interface Problem {
  readonly origin: Origin;
  /** Continues after the origin and a colon. */
  readonly message: string;
}

/** Every value checked; all problems are collected, not only the first. `waysToGive` completes what is said about a missing key. */
export function parseTree<F extends Fields>(
  tree: RawTable,
  fields: F,
  waysToGive: (name: string) => string,
): { readonly options: InferFields<F>; readonly problems: readonly Problem[] } {
  const problems: Problem[] = [];
  const options = parseTable(tree, fields, '', { problems, waysToGive }) as InferFields<F>;
  return { options, problems };
}

interface Report {
  readonly problems: Problem[];
  readonly waysToGive: (name: string) => string;
}

function parseTable(table: RawTable, fields: Fields, prefix: string, report: Report): Record<string, unknown> {
  for (const [key, entry] of table.entries) {
    if (Object.hasOwn(fields, key)) continue;
    const nearest = suggestionFor(key, Object.keys(fields));
    const hint = nearest === undefined ? '' : `; did you mean ${prefix}${nearest}?`;
    report.problems.push({ origin: entry.origin, message: `unknown key ${prefix}${key}${hint}` });
  }
  const result: Record<string, unknown> = {};
  for (const [key, field] of Object.entries(fields)) {
    result[camelCase(key)] = parseField(table.entries.get(key), field, prefix + key, table.origin, report);
  }
  return result;
}

function parseField(
  entry: RawLeaf | RawTable | undefined,
  field: Field,
  name: string,
  parentOrigin: Origin,
  report: Report,
): unknown {
  switch (field.kind) {
    case 'leaf':
      return parseLeaf(entry, field, name, parentOrigin, report);
    case 'section': {
      if (entry?.kind === 'value') {
        report.problems.push({ origin: entry.origin, message: `${name} is not a table` });
        return undefined;
      }
      if (entry === undefined && field.optional) return undefined;
      const table = entry ?? { kind: 'table', origin: parentOrigin, entries: new Map() };
      return parseTable(table, field.fields, `${name}.`, report);
    }
    case 'sectionList': {
      if (entry?.kind === 'value') {
        report.problems.push({ origin: entry.origin, message: `${name} is not an array of tables` });
        return [];
      }
      const items = [...(entry?.entries.entries() ?? [])].sort(([a], [b]) => Number(a) - Number(b));
      if (items.length < field.minimum) {
        report.problems.push({
          origin: parentOrigin,
          message: `${name} needs at least ${field.minimum} of [[${name}]]`,
        });
      }
      return items.map(([index, item]) => {
        const itemField = { ...field.item, optional: false };
        return parseField(item, itemField, `${name}.${index}`, parentOrigin, report);
      });
    }
  }
}

function parseLeaf(
  entry: RawLeaf | RawTable | undefined,
  field: Leaf,
  name: string,
  parentOrigin: Origin,
  report: Report,
): unknown {
  if (entry === undefined && field.defaultValue === undefined) {
    if (!field.optional)
      report.problems.push({
        origin: parentOrigin,
        message: `${name} is missing${report.waysToGive(name)}; ${field.doc}`,
      });
    return undefined;
  }
  const origin = entry?.origin ?? parentOrigin;
  if (entry?.kind === 'table') {
    report.problems.push({ origin, message: `${name} is a table, where a single value belongs` });
    return undefined;
  }
  const raw = entry === undefined ? field.defaultValue : entry.raw;
  try {
    return field.parse(raw);
  } catch (error) {
    if (!(error instanceof FieldProblem)) throw error;
    const shown = field.concealed ? '' : ` ${shownValue(raw)}`;
    report.problems.push({ origin, message: `${name}${shown} ${error.message}` });
    return undefined;
  }
}
