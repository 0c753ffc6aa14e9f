import { mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@stratumkit/codec';
import { decodeAuthoritySecretKey, encodeAuthoritySecretKey } from '@stratumkit/noise';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { DataDirectory } from '../src/dataDirectory.ts';

const disk = vi.hoisted(() => ({ freeBytes: Number.POSITIVE_INFINITY }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  return {
    ...fs,
    writeSync: (file: number, bytes: Uint8Array, offset: number) => {
      if (disk.freeBytes <= 0) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      const written = fs.writeSync(file, bytes, offset, Math.min(bytes.length - offset, disk.freeBytes));
      disk.freeBytes -= written;
      return written;
    },
  };
});

function open(path = mkdtempSync(join(tmpdir(), 'provider-'))): DataDirectory {
  const data = new DataDirectory(path);
  onTestFinished(() => {
    disk.freeBytes = Number.POSITIVE_INFINITY;
  });
  return data;
}

const block = (fill: number) => new Uint8Array(200).fill(fill);
const fills = (data: DataDirectory) => data.readBlocks().map((bytes) => bytes[0]);

describe('blocks', () => {
  it('are all there once there is room again, in order, and the file is whole meanwhile', () => {
    const data = open();
    data.appendBlock(block(1));
    disk.freeBytes = 100;
    expect(() => data.appendBlock(block(2))).toThrow('no space left');
    expect(fills(data)).toEqual([1]);
    expect(() => data.appendBlock(block(3))).toThrow('no space left');
    disk.freeBytes = Number.POSITIVE_INFINITY;
    data.appendBlock(block(4));
    expect(fills(data)).toEqual([1, 2, 3, 4]);
    data.close();
  });

  it('are written whole by several writes', () => {
    const data = open();
    disk.freeBytes = 50;
    expect(() => data.appendBlock(block(1))).toThrow('no space left');
    expect(readFileSync(data.blocksFile)).toHaveLength(0);
    data.close();
  });
});

describe('the authority key', () => {
  it('is kept, and the file is named when it holds none', () => {
    const data = open();
    const key = encodeAuthoritySecretKey(new Uint8Array(32).fill(7));
    const read = (made: string) => data.authorityKey(decodeAuthoritySecretKey, () => made);
    expect([read(key), read('another')]).toEqual([new Uint8Array(32).fill(7), new Uint8Array(32).fill(7)]);
    const file = join(data.path, 'authority.key');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, 'torn');
    expect(() => read(key)).toThrow(`${file}: the authority secret key is not valid`);
    data.close();
  });
});

describe('the lock', () => {
  it('keeps a second one out, also within a process', () => {
    const data = open();
    expect(() => open(data.path)).toThrow(ConfigError);
    data.close();
    open(data.path).close();
  });

  it('that a process of the same number left behind keeps nobody out', () => {
    const data = open();
    data.close();
    writeFileSync(join(data.path, 'lock'), `${process.pid}\n`);
    open(data.path).close();
  });

  it('of a running process keeps everybody out', () => {
    const data = open();
    data.close();
    writeFileSync(join(data.path, 'lock'), `${process.ppid}\n`);
    expect(() => open(data.path)).toThrow(`in use by process ${process.ppid}`);
  });
});
