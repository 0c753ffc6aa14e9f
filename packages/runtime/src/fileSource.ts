import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { ConfigError } from '@stratumkit/codec';
import { parse as parseToml, TomlError } from 'smol-toml';
import { createTable, type RawTable } from './rawTree.ts';
import type { Fields } from './schema.ts';
import { indexTomlLines, lineOf } from './tomlLines.ts';

/** Reads a TOML file into a tree whose values know their lines. Throws `ConfigError`. */
export function readConfigFile(path: string, fields: Fields): RawTable {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'there is no such file' : 'it cannot be read';
    throw new ConfigError('config-unreadable', `${path}: ${reason}`, { cause: error });
  }
  return treeOfToml(text, basename(path), fields);
}

export function treeOfToml(text: string, fileName: string, fields: Fields): RawTable {
  let document: Record<string, unknown>;
  try {
    document = parseToml(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The rest of the message quotes the file, which may hold secrets; for the same reason there is no cause.
    const reason = error.message
      .split('\n')[0]
      ?.replace(/: invalid value$/, ': invalid value; a text stands in quotes');
    throw new ConfigError('config-syntax', `${fileName}:${error.line}:${error.column}: ${reason}`);
  }
  const lines = indexTomlLines(text);
  const originOf = (path: readonly string[]) => {
    const line = lineOf(lines, path);
    return line === undefined ? fileName : `${fileName}:${line}`;
  };
  return tableOf(document, fields, [], originOf);
}

function tableOf(
  object: Record<string, unknown>,
  fields: Fields | undefined,
  path: readonly string[],
  originOf: (path: readonly string[]) => string,
): RawTable {
  const table = createTable(originOf(path));
  for (const [key, raw] of Object.entries(object)) {
    const field = fields !== undefined && Object.hasOwn(fields, key) ? fields[key] : undefined;
    const here = [...path, key];
    if (field?.kind === 'section' && isPlainTable(raw)) {
      table.entries.set(key, tableOf(raw, field.fields, here, originOf));
    } else if (field?.kind === 'sectionList' && Array.isArray(raw) && raw.every(isPlainTable)) {
      const items = raw.map(
        (item, i) => [String(i), tableOf(item, field.item.fields, [...here, `${i}`], originOf)] as const,
      );
      table.entries.set(key, { kind: 'table', origin: originOf(here), entries: new Map(items) });
    } else {
      table.entries.set(key, { kind: 'value', raw, origin: originOf(here) });
    }
  }
  return table;
}

function isPlainTable(raw: unknown): raw is Record<string, unknown> {
  return typeof raw === 'object' && raw !== null && !Array.isArray(raw) && !(raw instanceof Date);
}
