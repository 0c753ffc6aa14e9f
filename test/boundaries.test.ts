import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { checkBoundaries } from '../scripts/boundaries.ts';

const trees: string[] = [];
afterEach(() => {
  for (const tree of trees.splice(0)) rmSync(tree, { recursive: true });
});

/** A small tree with the repository's layout. Imports are relative, as a shortcut past a package's entry would be. */
function plant(files: Record<string, string>): string {
  const base = mkdtempSync(join(tmpdir(), 'boundaries-'));
  trees.push(base);
  for (const [file, source] of Object.entries(files)) {
    mkdirSync(dirname(join(base, file)), { recursive: true });
    writeFileSync(join(base, file), source);
  }
  return base;
}

const CODEC = { 'packages/codec/src/index.ts': 'export const codec = 1;\n' };

describe('the direction of imports', () => {
  it('lets a room import a lower layer', async () => {
    const base = plant({
      ...CODEC,
      'packages/framing/src/index.ts': "export { codec } from '../../codec/src/index.ts';\n",
    });
    expect(await checkBoundaries(base)).toEqual({ violations: [], modulesSeen: 2, sourceFiles: 2 });
  });

  const planted: [string, string, Record<string, string>][] = [
    [
      'an import upwards',
      'packages/codec imports downwards only',
      {
        'packages/framing/src/index.ts': 'export const framing = 1;\n',
        'packages/codec/src/index.ts': "export { framing } from '../../framing/src/index.ts';\n",
      },
    ],
    [
      'an edge inside a layer that is not listed',
      'packages/messages imports downwards only',
      {
        'packages/framing/src/index.ts': 'export const framing = 1;\n',
        'packages/messages/src/index.ts': "export { framing } from '../../framing/src/index.ts';\n",
      },
    ],
    [
      'an app that imports an app',
      'apps/pool imports no other app',
      {
        'apps/mining-device/src/index.ts': 'export const device = 1;\n',
        'apps/pool/src/index.ts': "export { device } from '../../mining-device/src/index.ts';\n",
      },
    ],
    [
      'a deep import',
      'packages/framing enters other rooms through their public entry',
      {
        'packages/codec/src/cursor.ts': 'export const cursor = 1;\n',
        'packages/framing/src/index.ts': "export { cursor } from '../../codec/src/cursor.ts';\n",
      },
    ],
    [
      'a socket in a pure room',
      'only the edge imports Node',
      { 'packages/connection/src/index.ts': "import net from 'node:net';\nexport const server = net;\n" },
    ],
    [
      'test helpers in shipped source',
      'no source imports the test helpers',
      {
        'packages/testing/src/index.ts': 'export const clock = 1;\n',
        'packages/codec/src/index.ts': "export { clock } from '../../testing/src/index.ts';\n",
      },
    ],
    [
      'a cycle',
      'no cycles',
      {
        'packages/codec/src/a.ts': "import { b } from './b.ts';\nexport const a = () => b;\n",
        'packages/codec/src/b.ts': "import { a } from './a.ts';\nexport const b = () => a;\n",
      },
    ],
  ];

  for (const [what, rule, files] of planted) {
    it(`refuses ${what}`, async () => {
      const report = await checkBoundaries(plant(files));
      expect(report.violations.map((violation) => violation.split(':')[0])).toContain(rule);
    });
  }
});
