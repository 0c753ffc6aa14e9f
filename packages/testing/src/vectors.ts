import { readdirSync, readFileSync } from 'node:fs';
import { type JsonValue, parseJson } from '@stratumkit/codec';

const FOLDER = new URL('../../../vectors/', import.meta.url);

/** One entry of a file in `vectors/`. */
export interface Vector<Value = JsonValue> {
  readonly name: string;
  /** Section of the spec, or of the BIP, that fixes the bytes. */
  readonly spec: string;
  /** Where the bytes come from. */
  readonly origin: string;
  readonly hex: string;
  readonly value: Value;
}

/** Reads `vectors/<file>.json`; integers beyond 2^53 come as bigints. */
export function loadVectors<Value = JsonValue>(file: string): readonly Vector<Value>[] {
  const vectors = loadVectorFile(file) as unknown as readonly Vector<Value>[];
  if (!Array.isArray(vectors) || vectors.length === 0) throw new Error(`vectors/${file}.json holds no vectors`);
  return vectors;
}

/** Reads `vectors/<file>.json`, whatever its shape. */
export function loadVectorFile(file: string): JsonValue {
  return parseJson(readFileSync(new URL(`${file}.json`, FOLDER), 'utf8'));
}

/** Names of all vector files, without `.json`, those in folders as `folder/name`. */
export function vectorFiles(): readonly string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length).replaceAll('\\', '/'))
    .sort();
}
