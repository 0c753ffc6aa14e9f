import { describe, expect, it } from 'vitest';
import {
  createLogger,
  formatSocketAddress,
  parseSocketAddress,
  Resources,
  randomBytes,
  readClock,
} from '../src/index.ts';
import { suggestionFor } from '../src/suggestion.ts';
import { indexTomlLines } from '../src/tomlLines.ts';
import { collect } from './support.ts';

describe('Resources', () => {
  it('closes once, in reverse, and goes on after a failure', async () => {
    const resources = new Resources();
    const closed: number[] = [];
    resources.add('one', () => void closed.push(1));
    resources.add('two', () => Promise.reject(new Error('two')));
    resources.add('three', async () => void closed.push(3));
    const closing = resources.close();
    expect(resources.close()).toBe(closing);
    await expect(closing).rejects.toThrow('closing two failed');
    expect(closed).toEqual([3, 1]);
    expect(() => resources.add('late', () => {})).toThrow('late was added after close');
  });
});

describe('createLogger', () => {
  it('writes JSON to a stream, readable lines when told so, nothing when silent', () => {
    const [json, jsonText] = collect();
    const log = createLogger({ name: 'pool', level: 'debug', stream: json });
    log.child({ connection: 7 }).debug({ jobId: 1 }, 'job sent');
    log.trace('bytes');
    expect(JSON.parse(jsonText())).toMatchObject({ name: 'pool', connection: 7, jobId: 1, msg: 'job sent' });

    const [pretty, prettyText] = collect();
    createLogger({ name: 'pool', stream: pretty, pretty: true }).warn({ jobId: 1 }, 'job sent');
    expect(prettyText()).toMatch(/WARN \(pool\): job sent\n\s+jobId: 1\n/);

    const [silent, silentText] = collect();
    createLogger({ name: 'pool', level: 'silent', stream: silent }).fatal('x');
    expect(silentText()).toBe('');
  });
});

describe('suggestionFor', () => {
  it.each([
    ['listen_adress', 'listen_address'],
    ['listen-address', 'listen_address'],
    ['netwrok', 'network'],
    ['port', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%s: %s', (word, suggestion) => {
    expect(suggestionFor(word, ['listen_address', 'network'])).toBe(suggestion);
  });
});

describe('indexTomlLines', () => {
  it('finds tables, arrays of tables, dotted and quoted keys, and skips multi-line texts', () => {
    const lines = indexTomlLines(
      [
        'a = 1',
        '"b c" = 2',
        'd.e = 3',
        't = """',
        'a2 = 1',
        '"""',
        '[x.y]',
        'z = 1',
        '[[u]]',
        'p = 1',
        '[[u]]',
        '[u.v]',
        'q = 1',
        'i = { k = 1 }',
      ].join('\n'),
    );
    expect(Object.fromEntries(lines)).toEqual({
      a: 1,
      'b c': 2,
      d: 3,
      'd.e': 3,
      t: 4,
      'x.y': 7,
      'x.y.z': 8,
      u: 9,
      'u.0': 9,
      'u.0.p': 10,
      'u.1': 11,
      'u.1.v': 12,
      'u.1.v.q': 13,
      'u.1.v.i': 14,
    });
  });
});

describe('socket addresses', () => {
  it.each(['127.0.0.1:0', 'pool.example:65535', '[::1]:3333', '[fe80::1]:1'])('%s', (text) => {
    expect(formatSocketAddress(parseSocketAddress(text))).toBe(text);
  });

  it.each(['', 'host', ':1', 'host:', 'host:65536', '::1:3333', '[::1', '[x]:1', 'a b:1', '1.2.3.4:1x'])(
    'not %s',
    (text) => {
      expect(() => parseSocketAddress(text)).toThrow();
    },
  );
});

it('reads both clocks and the system random source', () => {
  const now = readClock();
  expect(Number.isInteger(now.unixSeconds)).toBe(true);
  expect(readClock().monotonicMs).toBeGreaterThanOrEqual(now.monotonicMs);
  expect(randomBytes(32)).toHaveLength(32);
  expect(randomBytes(32)).not.toEqual(randomBytes(32));
});
