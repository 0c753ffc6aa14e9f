import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RandomBytes } from '@stratumkit/noise';

/** Reproducible bytes: each call hashes the seed and a counter. */
export function seededRandom(seed: string): RandomBytes {
  let counter = 0;
  return (length) =>
    new Uint8Array(createHash('shake256', { outputLength: length }).update(`${seed}/${counter++}`).digest());
}

export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

export function unhex(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function readVectorFile(path: string): string {
  return readFileSync(new URL(`../../../vectors/${path}`, import.meta.url), 'utf8');
}

/** Rows of a CSV file without quoted fields, by column name. */
export function readCsv(path: string): Record<string, string>[] {
  const [head, ...lines] = readVectorFile(path).trim().split(/\r?\n/);
  const names = head!.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [names[i] ?? `column${i}`, cell])));
}
