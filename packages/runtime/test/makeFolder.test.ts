import { existsSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeFolder } from '../src/index.ts';
import { createFolder } from './support.ts';

describe('makeFolder', () => {
  it('makes a folder with those above it, and leaves one that is there', () => {
    const path = join(createFolder(), 'a', 'b', 'c');
    for (let time = 0; time < 2; time++) makeFolder(path);
    expect(statSync(path).isDirectory()).toBe(true);
    makeFolder(`${path}/d/`);
    expect(statSync(join(path, 'd')).isDirectory()).toBe(true);
  });

  it('follows a link to a folder', () => {
    const [real, other] = [createFolder(), createFolder()];
    symlinkSync(real, join(other, 'link'));
    makeFolder(join(other, 'link'));
    makeFolder(join(other, 'link', 'a'));
    expect(statSync(join(real, 'a')).isDirectory()).toBe(true);
  });

  it.each(['file', 'file/a', 'file/a/b', 'dangling', 'dangling/a'])('says what is in the way: %s', (path) => {
    const folder = createFolder();
    writeFileSync(join(folder, 'file'), '');
    symlinkSync(join(folder, 'nowhere'), join(folder, 'dangling'));
    expect(() => makeFolder(join(folder, path))).toThrow(
      expect.objectContaining({ code: 'folder', message: expect.stringContaining(`cannot create ${folder}`) }),
    );
  });

  it.runIf(existsSync('/proc/self'))('ends where a file system takes no folders', () => {
    expect(() => makeFolder('/proc/stratumkit/data')).toThrow(
      'cannot create /proc/stratumkit: there can be no folder in /proc',
    );
  });
});
