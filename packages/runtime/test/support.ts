import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { onTestFinished } from 'vitest';
import type { ProcessEdge } from '../src/index.ts';

export interface FakeProcess extends ProcessEdge {
  readonly out: () => string;
  readonly err: () => string;
  /** Sends a signal; false when nobody listens. */
  readonly signal: (name: 'SIGINT' | 'SIGTERM') => boolean;
}

export function createFakeProcess(
  argv: readonly string[] = [],
  environment: Record<string, string> = {},
  input = '',
): FakeProcess {
  const signals = new EventEmitter();
  const [stdout, out] = collect();
  const [stderr, err] = collect();
  return {
    argv,
    environment,
    stdin: Readable.from([input]),
    stdout,
    stderr,
    onSignal(names, listener) {
      for (const name of names) signals.on(name, listener);
      return () => {
        for (const name of names) signals.off(name, listener);
      };
    },
    out,
    err,
    signal: (name) => signals.emit(name, name),
  };
}

export function collect(): [Writable, () => string] {
  let text = '';
  const stream = new Writable({
    write(chunk, _, done) {
      text += String(chunk);
      done();
    },
  });
  return [stream, () => text];
}

/** A folder that is gone after the test. */
export function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'runtime-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

export function writeConfig(text: string): string {
  const path = join(createFolder(), 'app.toml');
  writeFileSync(path, text);
  return path;
}
