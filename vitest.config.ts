import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { LAYERS } from './scripts/layers.ts';

/** Tests start hundreds of processes; with what the ones before have compiled, each needs half the time to begin. */
const compileCache = process.env.NODE_COMPILE_CACHE ?? fileURLToPath(new URL('.cache/node', import.meta.url));

const roots = ['packages/*/test', 'apps/*/test', 'test'];
const kinds = ['vectors', 'fuzz', 'e2e'] as const;

/** Layers 0 to 2 touch nothing outside of themselves: their files share a process, which spares them most of their imports. */
const machines = LAYERS.slice(0, 3)
  .flat()
  .map((room) => `packages/${room}/test/**/*.test.ts`);

interface ProjectOptions {
  readonly name: string;
  readonly include: string[];
  readonly exclude: string[];
  readonly testTimeout: number;
  readonly isolate?: boolean;
}

/** `name.test.ts` is a unit test; `name.<kind>.test.ts` belongs to the project of that kind, unless it is of a machine. */
const project = ({ name, include, exclude, testTimeout, isolate = true }: ProjectOptions) => ({
  extends: true as const,
  test: {
    name,
    include,
    exclude: [...exclude, '**/node_modules/**'],
    testTimeout,
    hookTimeout: testTimeout,
    isolate,
  },
});

export default defineConfig({
  resolve: { conditions: ['@stratumkit/source'] },
  ssr: { resolve: { conditions: ['@stratumkit/source', 'node', 'import', 'default'] } },
  test: {
    env: { NODE_COMPILE_CACHE: compileCache },
    // By default one core is left alone, which is half of two.
    maxWorkers: '100%',
    reporters: process.env.TEST_REPORT ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]] : ['default'],
    projects: [
      project({ name: 'machines', include: machines, exclude: [], testTimeout: 120_000, isolate: false }),
      project({
        name: 'unit',
        include: roots.map((root) => `${root}/**/*.test.ts`),
        exclude: [...machines, ...kinds.map((kind) => `**/*.${kind}.test.ts`)],
        testTimeout: 30_000,
      }),
      ...kinds.map((kind) =>
        project({
          name: kind,
          include: roots.map((root) => `${root}/**/*.${kind}.test.ts`),
          exclude: machines,
          testTimeout: 120_000,
        }),
      ),
    ],
  },
});
