import { RemoteError, UsageError } from '@stratumkit/codec';
import { LineSplitter, MAX_LINE_BYTES } from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array | undefined) => line && new TextDecoder().decode(line);

function all(splitter: LineSplitter): (string | undefined)[] {
  const lines = [];
  for (let line = splitter.next(); line !== undefined; line = splitter.next()) lines.push(text(line));
  return lines;
}

describe('LineSplitter', () => {
  it('takes \\n and \\r\\n and skips empty lines', () => {
    const splitter = new LineSplitter();
    splitter.push(bytes('\n{"a":1}\r\n\r\n{"b":2}\n{"c"'));
    expect(all(splitter)).toEqual(['{"a":1}', '{"b":2}']);
    splitter.push(bytes(':3}\r'));
    expect(all(splitter)).toEqual([]);
    splitter.push(bytes('\n'));
    expect(all(splitter)).toEqual(['{"c":3}']);
  });

  it.each([
    ['whole', MAX_LINE_BYTES + 2],
    ['in pieces', 1000],
  ])('takes a line of exactly the limit, %s, and not one byte more', (_name, step) => {
    const feed = (length: number) => {
      const splitter = new LineSplitter();
      const line = new Uint8Array(length + 2).fill(0x61);
      line.set([0x0d, 0x0a], length);
      let found: Uint8Array | undefined;
      for (let at = 0; at < line.length; at += step) {
        splitter.push(line.slice(at, at + step));
        found ??= splitter.next();
      }
      return found?.length;
    };
    expect(feed(MAX_LINE_BYTES)).toBe(MAX_LINE_BYTES);
    expect(() => feed(MAX_LINE_BYTES + 1)).toThrow(expect.objectContaining({ code: 'line-too-long' }));
  });

  it('refuses a line that never ends, once, and is dead', () => {
    const splitter = new LineSplitter({ maxLineBytes: 16 });
    splitter.push(new Uint8Array(18).fill(0x61));
    expect(() => splitter.next()).toThrow(RemoteError);
    expect(() => splitter.next()).toThrow(UsageError);
    expect(() => splitter.push(bytes('x'))).toThrow(UsageError);
  });

  it('steps over any number of empty lines, wherever chunks end', () => {
    const splitter = new LineSplitter();
    const empty = '\r\n\n'.repeat(20_000);
    splitter.push(bytes(`${empty}\r`));
    expect(all(splitter)).toEqual([]);
    splitter.push(bytes(`\n${empty}{"a":1}\n${empty}\r`));
    splitter.push(bytes(`\n{"b":2}\n`));
    expect(all(splitter)).toEqual(['{"a":1}', '{"b":2}']);
  });
});
