import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { compileKernel, KERNELS, moduleText } from '../kernel/compile.ts';

describe('the committed kernels are what their sources compile to', () => {
  it.each(KERNELS.map((kernel) => [kernel.name, kernel] as const))('%s', { timeout: 120_000 }, (_, kernel) => {
    expect(moduleText(kernel, compileKernel(kernel)) === readFileSync(kernel.target, 'utf8')).toBe(true);
  });
});
