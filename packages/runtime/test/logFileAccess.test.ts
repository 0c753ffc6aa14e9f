import { accessSync, constants, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { checkLogFile } from '../src/logFile.ts';
import { createFolder } from './support.ts';

// Root may write everywhere, so that the answer of the system is a made one here.
vi.mock('node:fs', async (importOriginal) => ({
  ...(await importOriginal<typeof import('node:fs')>()),
  accessSync: vi.fn(() => {
    throw Object.assign(new Error('EACCES: permission denied'), { code: 'EACCES' });
  }),
}));

it('says that a log file, or its folder, may not be written', () => {
  const folder = createFolder();
  const old = join(folder, 'old.log');
  const fresh = join(folder, 'new.log');
  writeFileSync(old, '');
  for (const path of [old, fresh])
    expect(() => checkLogFile(path)).toThrow(`log_file "${path}" cannot be written (no permission, EACCES)`);
  expect(vi.mocked(accessSync).mock.calls).toEqual([
    [old, constants.W_OK],
    [folder, constants.W_OK | constants.X_OK],
  ]);
});
