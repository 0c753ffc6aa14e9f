import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from '@stratumkit/codec';
import { decodeBlockRecords, encodeBlockRecord } from '@stratumkit/regtest';

const BLOCKS_FILE = 'blocks.dat';
const KEY_FILE = 'authority.key';
const LOCK_FILE = 'lock';
const SOLVED_DIRECTORY = 'solved';

/** The files of one template provider. One process at a time. */
export class DataDirectory {
  readonly path: string;
  #blocks: number | undefined;

  constructor(path: string) {
    this.path = path;
    guard(path, 'create', () => mkdirSync(join(path, SOLVED_DIRECTORY), { recursive: true }));
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

  /** Throws what the file system says. */
  appendBlock(block: Uint8Array): void {
    this.#blocks ??= openSync(this.blocksFile, 'a', 0o644);
    writeSync(this.#blocks, encodeBlockRecord(block));
  }

  /** A found block, whatever becomes of it at the node. Throws what the file system says. Gives the file. */
  saveSolvedBlock(hash: string, block: Uint8Array): string {
    const file = join(this.path, SOLVED_DIRECTORY, `${hash}.hex`);
    writeFileSync(file, `${Buffer.from(block).toString('hex')}\n`, { flush: true });
    return file;
  }

  /** The text of the authority key, made by `create` and kept for the next start if there is none. */
  authorityKey(create: () => string): string {
    const file = join(this.path, KEY_FILE);
    if (existsSync(file)) return guard(file, 'read', () => readFileSync(file, 'utf8').trim());
    const key = create();
    guard(file, 'write', () => appendFileSync(file, `${key}\n`, { mode: 0o600 }));
    return key;
  }

  close(): void {
    if (this.#blocks !== undefined) closeSync(this.#blocks);
    this.#blocks = undefined;
    unlinkSync(join(this.path, LOCK_FILE));
  }

  #lock(): void {
    const file = join(this.path, LOCK_FILE);
    for (let attempt = 0; ; attempt++) {
      try {
        writeFileSync(file, `${process.pid}\n`, { flag: 'wx' });
        return;
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code !== 'EEXIST' || attempt > 0)
          throw new ConfigError('data-dir', `cannot write ${file}`, { cause });
      }
      const pid = Number(guard(file, 'read', () => readFileSync(file, 'utf8')));
      if (isRunning(pid))
        throw new ConfigError('data-dir-in-use', `${this.path} is in use by process ${pid}`, { context: { pid } });
      guard(file, 'remove', () => unlinkSync(file));
    }
  }
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
