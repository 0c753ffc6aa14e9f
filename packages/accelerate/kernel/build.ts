/**
 * Compiles the kernel with AssemblyScript and writes `src/kernelCode.ts`. Run it after a change in this folder:
 * `node packages/accelerate/kernel/build.ts`. The compiler is fetched for the occasion: nothing else needs it.
 */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const COMPILER = 'assemblyscript@0.28.20';
const FLAGS = ['--runtime', 'stub', '-O3', '--noAssert', '--converge'];

const folder = mkdtempSync(join(tmpdir(), 'kernel-'));
try {
  const binary = join(folder, 'kernel.wasm');
  const source = fileURLToPath(new URL('./index.ts', import.meta.url));
  execFileSync('npx', ['-y', '-p', COMPILER, 'asc', source, '-o', binary, ...FLAGS], { cwd: folder, stdio: 'inherit' });
  const code = readFileSync(binary).toString('base64');
  const lines = code.match(/.{1,110}/g)!.map((line) => `  '${line}'`);
  writeFileSync(
    new URL('../src/kernelCode.ts', import.meta.url),
    `/** The compiled kernel in base64, written by \`kernel/build.ts\`. */\nexport const KERNEL_CODE: string = [\n${lines.join(',\n')},\n].join('');\n`,
  );
} finally {
  rmSync(folder, { recursive: true });
}
