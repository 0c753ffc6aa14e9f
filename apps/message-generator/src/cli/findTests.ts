import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Files as they were named; folders with all test files in them, by name. Message libraries in folders are no tests. */
export function findTests(paths: readonly string[]): readonly string[] {
  return paths.flatMap((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat?.isDirectory() !== true) return [path];
    return readdirSync(path, { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(path, name))
      .filter(looksLikeTest);
  });
}

function looksLikeTest(path: string): boolean {
  const text = readFileSync(path, 'utf8');
  return text.includes('"actions"') && text.includes('"version"');
}
