import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rooms = ['packages', 'apps'].flatMap((kind) =>
  readdirSync(join(root, kind))
    .map((name) => join(root, kind, name))
    .filter((room) => !JSON.parse(readFileSync(join(room, 'package.json'), 'utf8')).private),
);
const readmes = [root, ...rooms].map((room) => join(room, 'README.md'));

/** A `ts` block followed at once by a `text` block: a program, and what it prints. */
function examples(markdown: string): { source: string; output: string }[] {
  return [...markdown.matchAll(/^```ts\n([\s\S]*?)^```\n+```text\n([\s\S]*?)^```$/gm)].map((match) => ({
    source: match[1] ?? '',
    output: match[2] ?? '',
  }));
}

describe('the examples in the READMEs', () => {
  for (const readme of readmes) {
    const name = relative(root, readme);
    it(`${name} exists`, () => expect(existsSync(readme)).toBe(true));
    if (!existsSync(readme)) continue;
    const found = examples(readFileSync(readme, 'utf8'));
    if (name.startsWith('packages/')) it(`${name} has an example`, () => expect(found.length).toBeGreaterThan(0));
    for (const [index, { source, output }] of found.entries()) {
      it(`${name}, example ${index + 1}, prints what it says`, () => {
        const printed = execFileSync(
          process.execPath,
          [
            '--conditions=@stratumkit/source',
            '--input-type=module-typescript',
            '--disable-warning=ExperimentalWarning',
          ],
          { cwd: root, input: source, encoding: 'utf8', timeout: 30_000 },
        );
        expect(printed).toBe(output);
      });
    }
  }
});

it('docs/test-your-firmware.md shows the test that runs here', () => {
  const page = readFileSync(join(root, 'docs/test-your-firmware.md'), 'utf8');
  const source = readFileSync(join(root, 'test/firmware.e2e.test.ts'), 'utf8');
  expect(/^```ts\n([\s\S]*?)^```$/m.exec(page)?.[1]).toBe(source);
});
