import {
  appendFileSync,
  closeSync,
  existsSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readFileSync,
  realpathSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@stratumkit/codec';
import { decodeBlockRecords, encodeBlockRecord } from '@stratumkit/regtest';
import { makeFolder } from '@stratumkit/runtime';

const BLOCKS_FILE = 'blocks.dat';
const KEY_FILE = 'authority.key';
const LOCK_FILE = 'lock';
const SOLVED_DIRECTORY = 'solved';

/** Locks that this process holds. */
const HELD_LOCKS = new Set<string>();

/** The files of one template provider. One process at a time. */
export class DataDirectory {
  readonly path: string;
  #blocks: { readonly file: number; length: number } | undefined;
  /** Blocks that could not be written yet, in order: none may be missing before another one. The chain has them in memory anyway. */
  #unsaved: Uint8Array[] = [];

  constructor(path: string) {
    this.path = path;
    makeFolder(join(path, SOLVED_DIRECTORY));
    this.#lock();
  }

  get blocksFile(): string {
    return join(this.path, BLOCKS_FILE);
  }

  /** The blocks saved so far; a torn last write is cut off. */
  readBlocks(): readonly Uint8Array[] {
    const file = this.blocksFile;
    if (!existsSync(file)) return [];
    const bytes = guard(file, 'read', () => readFileSync(file));
    const { blocks, validLength, stopped } = decodeBlockRecords(bytes);
    if (stopped === 'bad-record')
      throw new ConfigError('blocks-file', `${file} is damaged at byte ${validLength}`, { context: { validLength } });
    if (stopped === 'torn-record') guard(file, 'write', () => truncateSync(file, validLength));
    return blocks;
  }

  /** Also those that could not be written before. Throws what the file system says; then the file is as it was. */
  appendBlock(block: Uint8Array): void {
    this.#unsaved.push(block);
    if (this.#blocks === undefined) {
      const file = openSync(this.blocksFile, 'a', 0o644);
      this.#blocks = { file, length: fstatSync(file).size };
    }
    for (let next = this.#unsaved[0]; next !== undefined; next = this.#unsaved[0]) {
      appendWhole(this.#blocks, encodeBlockRecord(next));
      this.#unsaved.shift();
    }
  }

  /** A found block, whatever becomes of it at the node. Throws what the file system says. Gives the file. */
  saveSolvedBlock(hash: string, block: Uint8Array): string {
    const file = join(this.path, SOLVED_DIRECTORY, `${hash}.hex`);
    writeFileSync(file, `${Buffer.from(block).toString('hex')}\n`, { flush: true });
    return file;
  }

  /** The authority key, made by `create` and kept for the next start if there is none. */
  authorityKey(decode: (text: string) => Uint8Array, create: () => string): Uint8Array {
    const file = join(this.path, KEY_FILE);
    if (!existsSync(file)) {
      const key = create();
      guard(file, 'write', () => appendFileSync(file, `${key}\n`, { mode: 0o600 }));
      return decode(key);
    }
    const text = guard(file, 'read', () => readFileSync(file, 'utf8').trim());
    try {
      return decode(text);
    } catch (cause) {
      if (!(cause instanceof ConfigError)) throw cause;
      throw new ConfigError('authority-key', `${file}: ${cause.message} (without this file a new key is made)`, {
        cause,
      });
    }
  }

  close(): void {
    if (this.#blocks !== undefined) closeSync(this.#blocks.file);
    this.#blocks = undefined;
    const lock = join(this.path, LOCK_FILE);
    HELD_LOCKS.delete(realpathSync(lock));
    unlinkSync(lock);
  }

  #lock(): void {
    const file = join(this.path, LOCK_FILE);
    for (let attempt = 0; ; attempt++) {
      try {
        writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
        HELD_LOCKS.add(realpathSync(file));
        return;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0)
          throw new ConfigError('data-dir', `cannot write ${file}`, { cause });
      }
      const pid = Number(guard(file, 'read', () => readFileSync(file, 'utf8')));
      // In a container every process may have the same number: the lock of the one before is not ours.
      const isOurs = pid === process.pid;
      if (isOurs ? HELD_LOCKS.has(realpathSync(file)) : isRunning(pid))
        throw new ConfigError('data-dir-in-use', `${this.path} is in use by process ${pid}`, { context: { pid } });
      guard(file, 'remove', () => unlinkSync(file));
    }
  }
}

/** All of it or nothing: half a record would make the next one unreadable. */
function appendWhole(blocks: { readonly file: number; length: number }, record: Uint8Array): void {
  try {
    for (let written = 0; written < record.length; ) written += writeSync(blocks.file, record, written);
  } catch (error) {
    ftruncateSync(blocks.file, blocks.length);
    throw error;
  }
  blocks.length += record.length;
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function guard<T>(path: string, what: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw new ConfigError('data-dir', `cannot ${what} ${path}: ${(cause as Error).message}`, { cause });
  }
}
