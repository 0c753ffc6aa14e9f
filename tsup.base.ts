import { copyFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Options } from 'tsup';

const LICENSES = ['LICENSE-MIT', 'LICENSE-APACHE'];

/** The one build setting of every package and app: ESM, declarations, source maps, workspace packages left as imports, the licences beside. */
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
    async onSuccess() {
      for (const name of LICENSES) await copyFile(new URL(name, import.meta.url), `dist/${name}`);
    },
  };
}
