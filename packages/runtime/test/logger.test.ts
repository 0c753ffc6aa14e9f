import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createLogger } from '../src/index.ts';

const writeSync = vi.hoisted(() => ({ fails: false, shortBy: 0 }));
vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  return {
    ...fs,
    writeSync: (fd: number, bytes: Buffer, offset: number) => {
      if (writeSync.fails) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      if (writeSync.shortBy === 0) return fs.writeSync(fd, bytes, offset);
      const length = bytes.length - offset - writeSync.shortBy;
      writeSync.shortBy = 0;
      writeSync.fails = true;
      return fs.writeSync(fd, bytes, offset, length);
    },
  };
});

const directory = mkdtempSync(join(tmpdir(), 'logger-'));
afterEach(() => Object.assign(writeSync, { fails: false, shortBy: 0 }));

function stream() {
  const lines: Record<string, unknown>[] = [];
  const writable = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  return { writable, lines };
}

describe('createLogger', () => {
  it('goes on when the disk of its file is full, says so once, and says when it is over', () => {
    const { writable, lines } = stream();
    const file = join(directory, 'full.log');
    const log = createLogger({ name: 'pool', stream: writable, file });
    log.info('before');
    writeSync.fails = true;
    for (let line = 0; line < 3; line++) log.info('during');
    writeSync.fails = false;
    log.info('after');
    const messages = lines.map(({ msg }) => msg);
    expect(messages.filter((text) => text === 'during')).toHaveLength(3);
    expect(lines.filter(({ code }) => code === 'ENOSPC')).toHaveLength(1);
    expect(lines.filter(({ lines: lost }) => lost === 3)).toHaveLength(1);
    const written = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(written.map((line) => JSON.parse(line).msg)).toEqual(['before', 'after']);
    rmSync(file);
  });

  it('leaves a line that was torn by a full disk on a line of its own', () => {
    const { writable } = stream();
    const file = join(directory, 'torn.log');
    const log = createLogger({ name: 'pool', stream: writable, file });
    writeSync.shortBy = 10;
    log.info('torn');
    writeSync.fails = false;
    log.info('whole');
    const written = readFileSync(file, 'utf8').trimEnd().split('\n');
    expect(written).toHaveLength(2);
    expect(JSON.parse(written[1]!).msg).toBe('whole');
    rmSync(file);
  });

  it('makes its file anew when it was moved away or deleted', () => {
    const { writable, lines } = stream();
    const folder = mkdtempSync(join(directory, 'rotated-'));
    const file = join(folder, 'pool.log');
    const log = createLogger({ name: 'pool', stream: writable, file });
    const messages = (path: string) =>
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line).msg);
    log.info('first');
    renameSync(file, `${file}.1`);
    log.info('second');
    log.info('third');
    expect(messages(`${file}.1`)).toEqual(['first']);
    expect(messages(file)).toEqual(['second', 'third']);
    renameSync(folder, `${folder}.1`);
    log.info('kept');
    expect(messages(join(`${folder}.1`, 'pool.log'))).toEqual(['second', 'third', 'kept']);
    rmSync(`${folder}.1`, { recursive: true });
    log.info('lost');
    expect(lines.filter(({ code }) => code === 'ENOENT')).toHaveLength(1);
    mkdirSync(folder);
    log.info('fourth');
    expect(messages(file)).toEqual(['fourth']);
  });

  it.runIf(existsSync('/dev/full'))('goes on with a file on a device that is always full', () => {
    const { writable, lines } = stream();
    const log = createLogger({ name: 'pool', stream: writable, file: '/dev/full' });
    log.info('first');
    log.info('second');
    expect(lines.map(({ msg }) => msg)).toContain('second');
  });

  it('goes on when its stream throws, and when it fails later', () => {
    const written: string[] = [];
    let isBroken = true;
    const broken = Object.assign(new EventEmitter(), {
      write(line: string) {
        if (isBroken) throw Object.assign(new Error('broken'), { code: 'EPIPE' });
        return written.push(line) > 0;
      },
    });
    const log = createLogger({ name: 'pool', stream: broken as unknown as NodeJS.WritableStream });
    log.info('lost');
    isBroken = false;
    log.info('written');
    expect(written.map((line) => JSON.parse(line).msg)).toEqual(['written']);
    expect(() => broken.emit('error', new Error('the reader is gone'))).not.toThrow();
  });
});
