import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Kernel {
  readonly name: string;
  readonly source: URL;
  /** The file with the compiled kernel. */
  readonly target: URL;
  readonly constant: string;
}

export const KERNELS: readonly Kernel[] = [
  {
    name: 'curve',
    source: new URL('./index.ts', import.meta.url),
    target: new URL('../src/kernelCode.ts', import.meta.url),
    constant: 'KERNEL_CODE',
  },
  {
    name: 'hash',
    source: new URL('./hash/index.ts', import.meta.url),
    target: new URL('../src/hashKernelCode.ts', import.meta.url),
    constant: 'HASH_KERNEL_CODE',
  },
];

const require = createRequire(import.meta.url);
const FLAGS = ['--runtime', 'stub', '-O3', '--noAssert', '--converge'];

/** The module's bytes: the same on every machine for the same compiler version. */
export function compileKernel({ source }: Kernel): Uint8Array {
  const compiler = require.resolve('assemblyscript/bin/asc.js');
  const folder = mkdtempSync(join(tmpdir(), 'kernel-'));
  try {
    const binary = join(folder, 'kernel.wasm');
    execFileSync(process.execPath, [compiler, fileURLToPath(source), '-o', binary, ...FLAGS], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    return new Uint8Array(readFileSync(binary));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What stands in the target file. */
export function moduleText({ name, constant }: Kernel, binary: Uint8Array): string {
  const code = Buffer.from(binary).toString('base64');
  const lines = code.match(/.{1,110}/g)!.map((line) => `  '${line}'`);
  const text = `export const ${constant}: string = [\n${lines.join(',\n')},\n].join('');\n`;
  return `/** The compiled ${name} kernel in base64, written by \`kernel/build.ts\`. */\n${text}`;
}
