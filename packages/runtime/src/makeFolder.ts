import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from '@stratumkit/codec';

/**
 * Makes a folder and those above it that are missing. Unlike the recursive `mkdirSync` it ends where a file system takes no folders: that one tries
 * for ever below `/proc`. Throws ConfigError `folder`.
 */
export function makeFolder(path: string): void {
  const parent = dirname(resolve(path));
  if (!existsSync(parent)) makeFolder(parent);
  try {
    mkdirSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST' && statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
    const reason = code === 'ENOENT' ? `there can be no folder in ${parent}` : (cause as Error).message;
    throw new ConfigError('folder', `cannot create ${path}: ${reason}`, { context: { path, code }, cause });
  }
}
