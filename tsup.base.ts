import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';

/** The one build setting of every package and app: ESM, declarations, source maps, workspace packages left as imports. */
export function baseConfig(entry: Record<string, string>): Options {
  return {
    entry,
    format: ['esm'],
    target: 'es2023',
    dts: true,
    sourcemap: true,
    clean: true,
    treeshake: true,
    splitting: true,
    tsconfig: fileURLToPath(new URL('./tsconfig.build.json', import.meta.url)),
  };
}
