import { fromHex, toHex } from '@stratumkit/codec';
import { ClientSession, type ClientSessionOptions, type ClientSessionOutput, MAX_PENDING_CALLS } from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);
const create = (options: Partial<ClientSessionOptions> = {}) => new ClientSession({ userAgent: 'miner/1', ...options });
const SHARE = { workerName: 'w', jobId: 'j', extranonce2: fromHex('00000001'), ntime: 1, nonce: 2 };

/** Outputs with their lines as text. */
const seen = (outputs: readonly ClientSessionOutput[]) =>
  outputs.map((output) => (output.type === 'send' ? { ...output, line: text(output.line).trim() } : output));

describe('ClientSession', () => {
  it.each([
    [
      'configure',
      (client: ClientSession) =>
        client.configure({ extensions: ['version-rolling'], versionRolling: { mask: 0xffffffff, minBitCount: 2 } }),
      '"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff","version-rolling.min-bit-count":2}]',
    ],
    ['subscribe', (client: ClientSession) => client.subscribe(), '"mining.subscribe","params":["miner/1"]'],
    ['resume', (client: ClientSession) => client.subscribe('old'), '"mining.subscribe","params":["miner/1","old"]'],
    ['authorize', (client: ClientSession) => client.authorize('w', 'x'), '"mining.authorize","params":["w","x"]'],
    [
      'suggestDifficulty',
      (client: ClientSession) => client.suggestDifficulty(0.5),
      '"mining.suggest_difficulty","params":[0.5]',
    ],
    [
      'suggestTarget',
      (client: ClientSession) => client.suggestTarget(new Uint8Array(32).fill(0xff)),
      `"mining.suggest_target","params":["${'f'.repeat(64)}"]`,
    ],
    [
      'subscribeExtranonce',
      (client: ClientSession) => client.subscribeExtranonce(),
      '"mining.extranonce.subscribe","params":[]',
    ],
    ['multiVersion', (client: ClientSession) => client.multiVersion(4), '"mining.multi_version","params":[4]'],
    ['ping', (client: ClientSession) => client.ping(), '"mining.ping","params":[]'],
    [
      'getTransactions',
      (client: ClientSession) => client.getTransactions('j'),
      '"mining.get_transactions","params":["j"]',
    ],
    [
      'submit, five parameters',
      (client: ClientSession) => client.submit(SHARE, 0),
      '"mining.submit","params":["w","j","00000001","00000001","00000002"]',
    ],
    [
      'submit, six parameters',
      (client: ClientSession) => client.submit({ ...SHARE, versionBits: 0x2000 }, 0),
      '"mining.submit","params":["w","j","00000001","00000001","00000002","00002000"]',
    ],
  ])('asks: %s', (_name, ask, expected) => {
    expect(text(ask(create()))).toBe(`{"id":1,"method":${expected}}\n`);
  });

  const hash = '00'.repeat(32);
  it.each([
    [
      'mining.notify',
      `["j","${hash}","01","02",[],"20000000","1d00ffff","504e86b9",true]`,
      { type: 'job', job: expect.objectContaining({ jobId: 'j', cleanJobs: true }) },
    ],
    ['mining.set_difficulty', '[0.25]', { type: 'difficulty', difficulty: 0.25 }],
    [
      'mining.set_extranonce',
      '["0a0b",4]',
      { type: 'extranonce', extranonce1: fromHex('0a0b').slice(), extranonce2Size: 4 },
    ],
    ['mining.set_version_mask', '["00003000"]', { type: 'versionMask', mask: 0x3000 }],
    ['client.reconnect', '["h",3333,5]', { type: 'reconnect', params: { host: 'h', port: 3333, waitSeconds: 5 } }],
    ['client.reconnect', '[]', { type: 'reconnect', params: { waitSeconds: 0 } }],
    ['client.show_message', '["hello"]', { type: 'message', text: 'hello' }],
  ])('hears %s %s', (method, params, expected) => {
    const client = create();
    expect(client.handle(bytes(`{"id":null,"method":"${method}","params":${params}}`))).toEqual([expected]);
  });

  it.each([
    ['client.get_version', '[]', '{"id":7,"result":"miner/1","error":null}'],
    ['mining.ping', '[]', '{"id":7,"result":"pong","error":null}'],
    ['client.show_message', '["x"]', '{"id":7,"result":true,"error":null}'],
    ['mining.set_extranonce', '["0a",4]', '{"id":7,"result":true,"error":null}'],
    ['mining.teleport', '[]', '{"id":7,"result":null,"error":[20,"Method not found",null]}'],
  ])('answers %s', (method, params, expected) => {
    const outputs = seen(create().handle(bytes(`{"id":7,"method":"${method}","params":${params}}`)));
    expect(outputs[0]).toEqual({ type: 'send', line: expected });
  });

  it('says nothing to notifications that it does not know', () => {
    expect(create().handle(bytes('{"id":null,"method":"mining.teleport","params":[]}'))).toEqual([]);
  });

  it.each([
    ['mining.set_difficulty', '["x"]', 'bad-params'],
    ['mining.notify', '["j"]', 'bad-params'],
  ])('cannot work with %s %s', (method, params, code) => {
    expect(create().handle(bytes(`{"id":null,"method":"${method}","params":${params}}`))).toEqual([
      { type: 'fault', code },
    ]);
  });

  it('cannot work with what is no message', () => {
    expect(create().handle(bytes('HTTP/1.1 400 Bad Request'))).toEqual([{ type: 'fault', code: 'not-json' }]);
  });

  it('reads a batch', () => {
    const line =
      '[{"id":null,"method":"mining.set_difficulty","params":[2]},7,{"id":null,"method":"mining.set_difficulty","params":[4]}]';
    expect(create().handle(bytes(line))).toEqual([
      { type: 'difficulty', difficulty: 2 },
      { type: 'fault', code: 'not-an-object' },
      { type: 'difficulty', difficulty: 4 },
    ]);
  });

  describe('answers', () => {
    it('are matched by id, whatever their order', () => {
      const client = create();
      client.configure({ extensions: [] });
      client.subscribe();
      client.authorize('w', 'x');
      client.multiVersion(4);
      client.submit(SHARE, 77);
      expect(client.pendingCount).toBe(5);
      expect(client.handle(bytes('{"id":5,"result":true,"error":null}'))).toEqual([
        { type: 'answered', tag: 77, error: undefined },
      ]);
      expect(client.handle(bytes('{"id":3,"result":true,"error":null}'))).toEqual([
        { type: 'authorized', error: undefined },
      ]);
      const [subscribed] = client.handle(bytes('{"id":2,"result":[[],"0a0b",4],"error":null}'));
      expect(subscribed?.type === 'subscribed' && toHex(subscribed.result.extranonce1)).toBe('0a0b');
      expect(client.handle(bytes('{"id":1,"result":{"version-rolling":false},"error":null}'))).toEqual([
        { type: 'configured', result: { versionRolling: false } },
      ]);
      expect(client.handle(bytes('{"id":4,"result":true,"error":null}'))).toEqual([
        { type: 'reply', method: 'mining.multi_version', result: true, error: undefined },
      ]);
      expect(client.pendingCount).toBe(0);
    });

    it.each([
      ['[21,"Job not found",null]', 'null', { code: 21, message: 'Job not found' }],
      ['{"code":23,"message":"low"}', 'null', { code: 23, message: 'low' }],
      ['null', 'false', { code: 20, message: 'refused without a reason' }],
    ])('refuse a share with %s %s', (error, result, expected) => {
      const client = create();
      client.submit(SHARE, 1);
      expect(client.handle(bytes(`{"id":1,"result":${result},"error":${error}}`))).toEqual([
        { type: 'answered', tag: 1, error: expected },
      ]);
    });

    it('refuse what was asked first', () => {
      const client = create();
      client.configure({ extensions: [] });
      client.subscribe();
      client.authorize('w', 'x');
      expect(client.handle(bytes('{"id":1,"result":null,"error":[20,"what",null]}'))).toEqual([
        { type: 'configured', result: {} },
      ]);
      expect(client.handle(bytes('{"id":2,"result":null,"error":[20,"full",null]}'))).toEqual([
        { type: 'fault', code: 'subscribe-refused' },
      ]);
      expect(client.handle(bytes('{"id":3,"result":null,"error":[24,"no",null]}'))).toEqual([
        { type: 'authorized', error: { code: 24, message: 'no' } },
      ]);
    });

    it('to one id come in the order of the calls, and no other call takes that id', () => {
      const client = create({ submitId: 4 });
      const ids = Array.from({ length: 6 }, () => JSON.parse(text(client.ping())).id);
      expect(ids).toEqual([1, 2, 3, 5, 6, 7]);
      for (const tag of [10, 11, 12]) expect(JSON.parse(text(client.submit(SHARE, tag))).id).toBe(4);
      const tags = ['true', 'null', 'true'].flatMap((result) =>
        client.handle(bytes(`{"id":4,"result":${result},"error":${result === 'null' ? '[22,"dup",null]' : 'null'}}`)),
      );
      expect(tags).toEqual([
        { type: 'answered', tag: 10, error: undefined },
        { type: 'answered', tag: 11, error: { code: 22, message: 'dup' } },
        { type: 'answered', tag: 12, error: undefined },
      ]);
    });

    it('that nobody asked for change nothing', () => {
      const client = create();
      client.submit(SHARE, 1);
      for (const id of ['2', 'null', '"1"', '1.0']) {
        expect(client.handle(bytes(`{"id":${id},"result":true,"error":null}`))).toEqual([]);
      }
      expect(client.handle(bytes('{"result":true,"error":null}'))).toEqual([]);
      expect(client.pendingCount).toBe(1);
    });

    it.each([
      ['mining.subscribe', (client: ClientSession) => client.subscribe(), '[[],"zz",4]'],
      ['mining.subscribe', (client: ClientSession) => client.subscribe(), '[[],"00",999]'],
      ['mining.configure', (client: ClientSession) => client.configure({ extensions: [] }), '{"version-rolling":7}'],
    ])('to %s that make no sense are faults', (_method, ask, result) => {
      const client = create();
      ask(client);
      expect(client.handle(bytes(`{"id":1,"result":${result},"error":null}`))).toEqual([
        { type: 'fault', code: 'bad-result' },
      ]);
    });

    it('are waited for up to a limit', () => {
      const client = create();
      for (let tag = 1; tag <= MAX_PENDING_CALLS + 1; tag++) client.submit(SHARE, tag);
      expect(client.pendingCount).toBe(MAX_PENDING_CALLS);
      expect(client.handle(bytes('{"id":1,"result":true,"error":null}'))).toEqual([]);
      expect(client.handle(bytes('{"id":2,"result":true,"error":null}'))).toEqual([
        { type: 'answered', tag: 2, error: undefined },
      ]);
    });
  });
});
