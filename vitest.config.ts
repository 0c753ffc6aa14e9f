import { defineConfig } from 'vitest/config';

const roots = ['packages/*/test', 'apps/*/test', 'test'];
const kinds = ['vectors', 'fuzz', 'e2e'] as const;

/** `name.test.ts` is a unit test; `name.<kind>.test.ts` belongs to the project of that kind. */
const project = (name: string, include: string[], exclude: string[], testTimeout: number) => ({
  extends: true as const,
  test: { name, include, exclude: [...exclude, '**/node_modules/**'], testTimeout, hookTimeout: testTimeout },
});

export default defineConfig({
  resolve: { conditions: ['@stratumkit/source'] },
  ssr: { resolve: { conditions: ['@stratumkit/source', 'node', 'import', 'default'] } },
  test: {
    reporters: process.env.TEST_REPORT ? ['default', ['json', { outputFile: process.env.TEST_REPORT }]] : ['default'],
    projects: [
      project(
        'unit',
        roots.map((root) => `${root}/**/*.test.ts`),
        kinds.map((kind) => `**/*.${kind}.test.ts`),
        30_000,
      ),
      ...kinds.map((kind) =>
        project(
          kind,
          roots.map((root) => `${root}/**/*.${kind}.test.ts`),
          [],
          120_000,
        ),
      ),
    ],
  },
});
