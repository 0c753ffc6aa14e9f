/** `node packages/accelerate/kernel/build.ts` after a change in this folder: compiles the kernels and writes them to `src/`. */
import { writeFileSync } from 'node:fs';
import { compileKernel, KERNELS, moduleText } from './compile.ts';

for (const kernel of KERNELS) writeFileSync(kernel.target, moduleText(kernel, compileKernel(kernel)));
