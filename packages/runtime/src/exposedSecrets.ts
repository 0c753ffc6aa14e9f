import { statSync } from 'node:fs';
import { readConfigFile } from './fileSource.ts';
import type { RawTable } from './rawTree.ts';
import type { Field, Fields } from './schema.ts';

const READABLE_BY_EVERYBODY = 0o004;

/** Keys of a configuration file that are secret, if everybody on this machine can read it. On Windows the mode does not tell. */
export function exposedSecrets(file: string, fields: Fields): readonly string[] {
  if (process.platform === 'win32') return [];
  const status = statSync(file, { throwIfNoEntry: false });
  // A pipe can be read only once.
  const isExposed = status?.isFile() === true && (status.mode & READABLE_BY_EVERYBODY) !== 0;
  return isExposed ? secretsIn(readConfigFile(file, fields), fields) : [];
}

function secretsIn(table: RawTable, fields: Fields): string[] {
  return [...table.entries].flatMap(([key, value]) => {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) return [];
    if (value.kind === 'value') return field.kind === 'leaf' && field.secret ? [key] : [];
    const below = field.kind === 'sectionList' ? itemsOf(value, field.item) : fieldsOf(field);
    return secretsIn(value, below).map((name) => `${key}.${name}`);
  });
}

function fieldsOf(field: Field): Fields {
  return field.kind === 'section' ? field.fields : {};
}

function itemsOf(list: RawTable, item: Field): Fields {
  return Object.fromEntries([...list.entries.keys()].map((index) => [index, item]));
}
