import type { JsonValue } from '@stratumkit/codec';
import { Configure, methodOf, Submit, Subscribe, SV1_METHODS, typedCall } from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';

const call = (method: string, params: JsonValue) => typedCall({ type: 'call', id: '1', method, params });
const hash = `${'00'.repeat(28)}01020304`;

/** Each method with parameters and a result as they stand on a line; both survive a round trip. */
const LINES: Readonly<Record<string, { params: JsonValue; result: JsonValue }>> = {
  'mining.configure': {
    params: [
      ['version-rolling', 'minimum-difficulty', 'subscribe-extranonce', 'info', 'x-unknown'],
      {
        'version-rolling.mask': '1fffe000',
        'version-rolling.min-bit-count': 2,
        'minimum-difficulty.value': 0.5,
        'info.connection-url': 'u',
        'info.hw-version': 'h',
        'info.sw-version': 's',
        'info.hw-id': 'i',
      },
    ],
    result: {
      'version-rolling': true,
      'version-rolling.mask': '1fffe000',
      'minimum-difficulty': 'no thanks',
      'subscribe-extranonce': false,
      info: true,
    },
  },
  'mining.subscribe': {
    params: ['bitaxe/1', 'session'],
    result: [
      [
        ['mining.set_difficulty', 'a'],
        ['mining.notify', 'b'],
      ],
      '0a0b',
      4,
    ],
  },
  'mining.authorize': { params: ['worker', 'x'], result: true },
  'mining.submit': { params: ['worker', 'job', '00000001', '504e86ed', 'b2957c02', '00c00000'], result: true },
  'mining.extranonce.subscribe': { params: [], result: true },
  'mining.suggest_difficulty': { params: [512], result: true },
  'mining.suggest_target': { params: ['00000000ffff'.padEnd(64, '0')], result: true },
  'mining.multi_version': { params: [4], result: true },
  'mining.get_transactions': { params: ['job'], result: ['00'] },
  'mining.ping': { params: [], result: 'pong' },
  'mining.notify': {
    params: ['bf', hash, '01', '02', ['ab'.repeat(32)], '20000000', '1c2ac4af', '504e86b9', false],
    result: null,
  },
  'mining.set_difficulty': { params: [0.0009765625], result: null },
  'mining.set_extranonce': { params: ['08000002', 4], result: true },
  'mining.set_version_mask': { params: ['00003000'], result: null },
  'client.reconnect': { params: ['pool.example', 3333, 5], result: null },
  'client.show_message': { params: ['hello'], result: null },
  'client.get_version': { params: [], result: 'miner/1' },
};

describe('methods', () => {
  it('are all of the list', () => {
    expect(SV1_METHODS.map((method) => method.name).sort()).toEqual(Object.keys(LINES).sort());
  });

  it.each(Object.entries(LINES))('%s survives a round trip', (name, { params, result }) => {
    const method = methodOf(name);
    expect(method?.formatParams(method.parseParams(params))).toEqual(params);
    expect(method?.formatResult(method.parseResult(result))).toEqual(result);
    expect(call(name, params)).toEqual({ method: name, params: method?.parseParams(params) });
  });

  it('unknown ones are undefined, names of Object.prototype too', () => {
    expect(call('mining.teleport', [])).toBeUndefined();
    expect(call('constructor', [])).toBeUndefined();
  });

  it.each([
    ['mining.submit', ['w', 'j', '0', '504e86ed', 'b2957c02'], 'mining.submit.extranonce2'],
    ['mining.submit', ['w', 'j', '00', '504e86ed', 'xyz'], 'mining.submit.nonce'],
    ['mining.submit', ['w', 'j', '00', '504e86ed', '1504e86ed'], 'mining.submit.nonce'],
    ['mining.submit', ['w', 7, '00', '504e86ed', '00'], 'mining.submit.jobId'],
    ['mining.submit', { 0: 'w' }, 'mining.submit'],
    ['mining.submit', ['w', 'j', '00'.repeat(33), '00', '00'], 'mining.submit.extranonce2'],
    ['mining.authorize', [], 'mining.authorize.workerName'],
    ['mining.set_difficulty', [0], 'mining.set_difficulty.difficulty'],
    ['mining.set_difficulty', ['1'], 'mining.set_difficulty.difficulty'],
    ['mining.set_extranonce', ['00', 33], 'mining.set_extranonce.extranonce2Size'],
    ['mining.configure', ['version-rolling'], 'mining.configure.extensions'],
    ['mining.configure', [['minimum-difficulty'], {}], 'mining.configure.options["minimum-difficulty.value"]'],
    ['mining.configure', [[1], {}], 'mining.configure.extensions[0]'],
    ['mining.notify', ['j', hash, '', '', new Array(33).fill('ab'.repeat(32))], 'mining.notify.merkleBranch'],
    ['client.reconnect', ['h', '99999'], 'client.reconnect.port'],
  ] as const)('%s with %j is refused', (method, params, path) => {
    expect(() => call(method, params as JsonValue)).toThrow(
      expect.objectContaining({ code: 'bad-params', context: { path } }),
    );
  });

  it('read what real devices send', () => {
    expect(Configure.parseParams([['version-rolling'], { 'version-rolling.min-bit-count': '02' }])).toMatchObject({
      versionRolling: { mask: 0xffffffff, minBitCount: 2 },
    });
    expect(Configure.parseParams([[]])).toEqual({ extensions: [] });
    expect(Subscribe.parseParams([])).toEqual({});
    expect(Subscribe.parseParams(['a', null, 'host', 3333])).toEqual({ userAgent: 'a' });
    expect(Subscribe.parseResult([['mining.notify', 'ae'], '08', 4])).toMatchObject({
      subscriptions: [['mining.notify', 'ae']],
    });
    expect(Subscribe.parseResult([null, '', 8])).toMatchObject({ subscriptions: [] });
    expect(Submit.parseParams(['w', 'j', '00', '504e86ed', 'ff'])).toMatchObject({ nonce: 255 });
    expect(call('client.reconnect', [])).toMatchObject({ params: { waitSeconds: 0 } });
    expect(call('client.reconnect', ['', '3334', '10'])).toMatchObject({ params: { port: 3334, waitSeconds: 10 } });
    expect(call('mining.authorize', ['w', null])).toMatchObject({ params: { workerName: 'w' } });
  });
});
