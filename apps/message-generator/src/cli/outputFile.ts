import { closeSync, openSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';

/** Throws ConfigError if the file cannot be written, before the work whose result goes there. */
export function checkWritable(option: string, path: string): void {
  try {
    closeSync(openSync(path, 'a'));
  } catch (cause) {
    throw new ConfigError('not-writable', `${option} ${path} cannot be written: ${(cause as Error).message}`, {
      cause,
    });
  }
}
