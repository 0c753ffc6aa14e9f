import { fromHex } from '@stratumkit/codec';
import {
  DEFAULT_SERVER_SESSION_LIMITS,
  MAX_BATCH_MESSAGES,
  MAX_LINE_BYTES,
  rpcError,
  ServerSession,
  type ServerSessionOptions,
  type ServerSessionOutput,
} from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);
const TERMS = { sessionId: 'abc', extranonce1: fromHex('0a0b'), extranonce2Size: 4 };
const MASK = 0x1fffe000;

const CALLS = {
  configure: '{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}',
  minimum: '{"id":1,"method":"mining.configure","params":[["minimum-difficulty"],{"minimum-difficulty.value":2}]}',
  subscribe: '{"id":2,"method":"mining.subscribe","params":["miner/1"]}',
  authorize: '{"id":3,"method":"mining.authorize","params":["w","x"]}',
  submit5: '{"id":4,"method":"mining.submit","params":["w","j","00000001","504e86ed","b2957c02"]}',
  submit6: '{"id":4,"method":"mining.submit","params":["w","j","00000001","504e86ed","b2957c02","00002000"]}',
  stranger: '{"id":4,"method":"mining.submit","params":["v","j","00000001","504e86ed","b2957c02"]}',
  size: '{"id":4,"method":"mining.submit","params":["w","j","01","504e86ed","b2957c02"]}',
  suggestDifficulty: '{"id":5,"method":"mining.suggest_difficulty","params":[512]}',
  suggestTarget: `{"id":5,"method":"mining.suggest_target","params":["${'f'.repeat(64)}"]}`,
  extranonce: '{"id":6,"method":"mining.extranonce.subscribe","params":[]}',
  multiVersion: '{"id":6,"method":"mining.multi_version","params":[4]}',
  ping: '{"id":"p","method":"mining.ping","params":[]}',
  transactions: '{"id":"txn","method":"mining.get_transactions","params":[]}',
  unknown: '{"id":null,"method":"mining.teleport"}',
  serverOnly: '{"id":7,"method":"mining.set_difficulty","params":[1]}',
  badParams: '{"id":8,"method":"mining.submit","params":["w"]}',
  garbage: '{"id":9,',
  response: '{"id":99,"result":true,"error":null}',
} as const;
type CallName = keyof typeof CALLS;

function create(options: Partial<ServerSessionOptions> = {}, mask: number | undefined = MASK): ServerSession {
  const session = new ServerSession({ subscribe: () => TERMS, ...options });
  if (mask !== undefined) session.setAllowedVersionMask(mask);
  return session;
}

/** Outputs in short: `4 true`, `4 error 25`, or the type. */
function short(outputs: readonly ServerSessionOutput[]): string[] {
  return outputs.map((output) => {
    if (output.type !== 'send') return output.type === 'end' ? `end ${output.reason}` : output.type;
    const { id, method, result, error } = JSON.parse(text(output.line));
    if (method !== undefined) return method;
    if (error === null) return `${id} ${typeof result === 'object' ? 'result' : result}`;
    expect(error).toEqual([expect.any(Number), expect.any(String), null]);
    return `${id} error ${error[0]}`;
  });
}

/** Gives the calls to the session and answers authorizations with yes. */
function feed(session: ServerSession, ...names: CallName[]): string[] {
  return names.flatMap((name) => {
    const outputs = session.handle(bytes(CALLS[name]));
    const answered = outputs.flatMap((output) =>
      output.type === 'authorize' ? [output, ...session.authorize(output.call, output.workerName)] : [output],
    );
    return short(answered).filter((each) => each !== 'greeted');
  });
}

/** What every input brings in every state. */
const ANYWHERE: Partial<Record<CallName, string[]>> = {
  configure: ['1 result', 'configured'],
  minimum: ['1 result', 'configured', 'suggestedTarget'],
  suggestDifficulty: ['5 true', 'suggestedTarget'],
  suggestTarget: ['5 true', 'suggestedTarget'],
  extranonce: ['6 true'],
  multiVersion: ['6 true'],
  ping: ['p pong'],
  transactions: ['txn error 20'],
  unknown: ['null error 20'],
  serverOnly: ['7 error 20'],
  badParams: ['8 error 20', 'fault'],
  garbage: ['9 error 20', 'fault'],
  response: [],
};
const refused = (code: number) => [`4 error ${code}`, 'shareRefused'];
const STATES: Record<string, { before: CallName[]; expected: Partial<Record<CallName, string[]>> }> = {
  fresh: {
    before: [],
    expected: {
      subscribe: ['2 result', 'subscribed'],
      authorize: ['authorize', '3 true'],
      submit5: refused(25),
      submit6: refused(25),
      stranger: refused(25),
      size: refused(25),
    },
  },
  'configured only': {
    before: ['configure'],
    expected: {
      subscribe: ['2 result', 'subscribed'],
      authorize: ['authorize', '3 true'],
      submit5: refused(25),
      submit6: refused(25),
      stranger: refused(25),
      size: refused(25),
    },
  },
  'authorized only': {
    before: ['authorize'],
    expected: {
      subscribe: ['2 result', 'subscribed'],
      authorize: ['3 true'],
      submit5: refused(25),
      submit6: refused(25),
      stranger: refused(25),
      size: refused(25),
    },
  },
  'subscribed only': {
    before: ['suggestDifficulty', 'subscribe'],
    expected: {
      subscribe: ['2 result'],
      authorize: ['authorize', '3 true'],
      submit5: refused(24),
      submit6: refused(24),
      stranger: refused(24),
      size: refused(24),
    },
  },
  'ready, no version rolling': {
    before: ['subscribe', 'authorize'],
    expected: {
      subscribe: ['2 result'],
      authorize: ['3 true'],
      submit5: ['submit'],
      submit6: refused(20),
      stranger: refused(24),
      size: refused(20),
    },
  },
  'ready, version rolling': {
    before: ['configure', 'authorize', 'extranonce', 'subscribe'],
    expected: {
      subscribe: ['2 result'],
      authorize: ['3 true'],
      submit5: refused(20),
      submit6: ['submit'],
      stranger: refused(24),
      size: refused(20),
    },
  },
};

describe('ServerSession, state by input', () => {
  for (const [state, { before, expected }] of Object.entries(STATES)) {
    for (const name of Object.keys(CALLS) as CallName[]) {
      it(`${state}: ${name}`, () => {
        const session = create();
        feed(session, ...before);
        expect(feed(session, name)).toEqual(expected[name] ?? ANYWHERE[name]);
      });
    }
  }

  it('takes nothing more once it has ended', () => {
    const session = create({ limits: { faults: 1 } });
    expect(feed(session, 'garbage')).toEqual(['9 error 20', 'fault', 'end too-many-faults']);
    for (const name of Object.keys(CALLS) as CallName[]) expect(feed(session, name)).toEqual([]);
  });
});

describe('ServerSession', () => {
  it.each([
    ['bitaxe', ['configure', 'subscribe', 'authorize', 'suggestDifficulty', 'extranonce']],
    ['minerd', ['subscribe', 'authorize', 'extranonce']],
    ['whatsminer', ['suggestDifficulty', 'configure', 'subscribe', 'authorize']],
    ['cgminer', ['configure', 'subscribe', 'authorize', 'transactions']],
    ['authorize first', ['authorize', 'subscribe', 'configure']],
  ] as [string, CallName[]][])('is ready after the commands of %s', (_name, calls) => {
    const session = create();
    feed(session, ...calls);
    expect(session.isReady).toBe(true);
    expect(session.wantsExtranonce).toBe(calls.includes('extranonce'));
    expect(session.versionMask).toBe(calls.includes('configure') ? MASK : 0);
  });

  it('answers a subscription with its terms, once and again', () => {
    const session = create();
    const [, answer] = session.handle(bytes(CALLS.subscribe));
    const expected = {
      id: 2,
      result: [
        [
          ['mining.set_difficulty', 'abc'],
          ['mining.notify', 'abc'],
        ],
        '0a0b',
        4,
      ],
      error: null,
    };
    expect(answer?.type === 'send' && JSON.parse(text(answer.line))).toEqual(expected);
    const [again] = session.handle(bytes(CALLS.subscribe));
    expect(again?.type === 'send' && JSON.parse(text(again.line))).toEqual(expected);
  });

  it('passes on the session a miner wants to resume', () => {
    const resumed: (string | undefined)[] = [];
    const session = create({
      subscribe(resume) {
        resumed.push(resume);
        return TERMS;
      },
    });
    session.handle(bytes('{"id":1,"method":"mining.subscribe","params":["miner/1","old"]}'));
    expect(resumed).toEqual(['old']);
  });

  it('ends when there is no extranonce left', () => {
    const session = create({ subscribe: () => undefined });
    expect(feed(session, 'subscribe')).toEqual(['2 error 20', 'end no-extranonce-left']);
  });

  describe('version rolling', () => {
    const configured = (session: ServerSession) => {
      const [, answer] = session.handle(bytes(CALLS.configure));
      return answer?.type === 'send' ? JSON.parse(text(answer.line)).result : undefined;
    };

    it('is granted within what upstream allows', () => {
      expect(configured(create())).toEqual({ 'version-rolling': true, 'version-rolling.mask': '1fffe000' });
    });

    it('is refused where upstream allows none', () => {
      const session = create({}, 0);
      expect(configured(session)).toEqual({ 'version-rolling': false });
      feed(session, 'subscribe', 'authorize');
      expect(feed(session, 'submit5', 'submit6')).toEqual(['submit', ...refused(20)]);
    });

    it('waits, with the calls behind it, until upstream is known', () => {
      const session = new ServerSession({ subscribe: () => TERMS });
      expect(feed(session, 'configure', 'subscribe', 'ping')).toEqual([]);
      expect(short(session.setAllowedVersionMask(MASK))).toEqual([
        '1 result',
        'configured',
        '2 result',
        'subscribed',
        'p pong',
      ]);
    });

    it('does not wait for what has nothing to do with it', () => {
      const session = new ServerSession({ subscribe: () => TERMS });
      expect(feed(session, 'minimum')).toEqual(['1 result', 'configured', 'suggestedTarget']);
    });

    it('ends a miner that sends too much while it waits', () => {
      const session = new ServerSession({ subscribe: () => TERMS, limits: { heldCalls: 3 } });
      expect(feed(session, 'configure', 'ping', 'ping')).toEqual([]);
      expect(feed(session, 'ping')).toEqual(['end too-many-calls']);
      expect(short(session.setAllowedVersionMask(MASK))).toEqual([]);
    });

    it('ends a miner whose waiting calls are too long', () => {
      const session = new ServerSession({ subscribe: () => TERMS, limits: { heldBytes: 300 } });
      expect(feed(session, 'configure', 'ping')).toEqual([]);
      const long = session.handle(bytes(`{"id":2,"method":"mining.subscribe","params":["${'m'.repeat(200)}"]}`));
      expect(short(long)).toEqual(['end too-many-calls']);
    });

    it('keeps no more of the name of the mining software than a limit', () => {
      const session = create();
      const long = session.handle(bytes(`{"id":2,"method":"mining.subscribe","params":["${'m'.repeat(60_000)}"]}`));
      const name = long.flatMap((output) => (output.type === 'subscribed' ? [output.userAgent] : []));
      expect(name).toEqual(['m'.repeat(DEFAULT_SERVER_SESSION_LIMITS.userAgentLength)]);
    });

    it('tells a miner that was granted more, and keeps its submits at six parameters', () => {
      const session = create();
      feed(session, 'configure', 'subscribe', 'authorize');
      const [told] = session.setAllowedVersionMask(0);
      expect(told?.type === 'send' && text(told.line)).toBe(
        '{"id":null,"method":"mining.set_version_mask","params":["00000000"]}\n',
      );
      expect(session.setAllowedVersionMask(0)).toEqual([]);
      expect(feed(session, 'submit6')).toEqual(['submit']);
      expect(feed(session, 'submit5')).toEqual(refused(20));
    });

    it('tells nothing to a miner that never asked', () => {
      const session = create();
      feed(session, 'subscribe', 'authorize');
      expect(session.setAllowedVersionMask(0)).toEqual([]);
    });
  });

  it('takes what BIP310 lets a miner ask for', () => {
    const session = create();
    const outputs = session.handle(
      bytes(
        '{"id":1,"method":"mining.configure","params":[["minimum-difficulty","subscribe-extranonce","info","x"],' +
          '{"minimum-difficulty.value":4,"info.hw-version":"h","info.sw-version":"s"}]}',
      ),
    );
    expect(session.wantsExtranonce).toBe(true);
    expect(outputs).toContainEqual({
      type: 'configured',
      versionMask: 0,
      minerInfo: { hardwareVersion: 'h', softwareVersion: 's' },
    });
    expect(outputs).toContainEqual(expect.objectContaining({ type: 'suggestedTarget', strict: true }));
    const [, answer] = outputs;
    expect(answer?.type === 'send' && JSON.parse(text(answer.line)).result).toEqual({
      'minimum-difficulty': true,
      'subscribe-extranonce': true,
      info: true,
    });
  });

  describe('workers', () => {
    const authorize = (session: ServerSession, name: string, id = 3) =>
      session.handle(bytes(`{"id":${id},"method":"mining.authorize","params":[${JSON.stringify(name)}]}`));

    it('are answered when the owner knows, each call with its own id', () => {
      const session = create();
      expect(short(authorize(session, 'w', 3))).toEqual(['greeted', 'authorize']);
      expect(short(authorize(session, 'w', 4))).toEqual(['authorize']);
      expect(session.workers.size).toBe(0);
      expect(short(session.authorize({ id: '3' }, 'w'))).toEqual(['3 true']);
      expect(short(session.authorize({ id: '4' }, 'w'))).toEqual(['4 true']);
      expect([...session.workers]).toEqual(['w']);
    });

    it('may be refused', () => {
      const session = create();
      authorize(session, 'w');
      expect(short(session.authorize({ id: '3' }, 'w', rpcError('unauthorized')))).toEqual(['3 error 24']);
      expect(session.isReady).toBe(false);
    });

    it('are limited in number, whether answered or not', () => {
      const session = create();
      const { workers } = DEFAULT_SERVER_SESSION_LIMITS;
      for (let index = 0; index < workers; index++) {
        expect(short(authorize(session, `w${index}`))).toContain('authorize');
        if (index % 2 === 0) session.authorize({ id: '3' }, `w${index}`);
      }
      expect(short(authorize(session, 'one more'))).toEqual(['3 error 24']);
      expect(short(authorize(session, 'w0'))).toEqual(['3 true']);
    });

    it('have names of limited length', () => {
      const session = create();
      const { workerNameLength } = DEFAULT_SERVER_SESSION_LIMITS;
      expect(short(authorize(session, ''))).toContain('3 error 24');
      expect(short(authorize(session, 'w'.repeat(workerNameLength)))).toEqual(['authorize']);
      expect(short(authorize(session, 'w'.repeat(workerNameLength + 1)))).toEqual(['3 error 24']);
    });

    it('are not names of Object.prototype', () => {
      const session = create();
      feed(session, 'subscribe');
      const share = CALLS.submit5.replace('"w"', '"constructor"');
      expect(short(session.handle(bytes(share)))).toEqual(refused(24));
    });
  });

  describe('faults', () => {
    it('end the session when they outweigh what is understood', () => {
      const session = create();
      const { faults } = DEFAULT_SERVER_SESSION_LIMITS;
      for (let index = 0; index < 3 * faults; index++) {
        expect(feed(session, 'badParams', 'ping')).toEqual(['8 error 20', 'fault', 'p pong']);
      }
      for (let index = 1; index < faults; index++) expect(feed(session, 'garbage')).toHaveLength(2);
      expect(feed(session, 'garbage')).toEqual(['9 error 20', 'fault', 'end too-many-faults']);
    });

    it.each([
      ['an empty batch', '[]', 'null'],
      ['a batch that is too long', `[${Array.from({ length: MAX_BATCH_MESSAGES + 1 }, () => CALLS.ping)}]`, 'null'],
      ['bytes that are not UTF-8', Uint8Array.of(0x7b, 0xff, 0x7d), 'null'],
      ['a zero byte', '\u0000', 'null'],
      ['no id, but something in its place', '{"id":foo,"method":"mining.ping"}', 'null'],
      ['a key named twice', '{"id":5,"method":"mining.ping","method":"mining.ping"}', '5'],
      ['__proto__', '{"id":"x","__proto__":{"method":"mining.ping"},"method":"mining.ping"}', 'x'],
      ['a number out of range', '{"id":6,"method":"mining.suggest_difficulty","params":[1e999]}', '6'],
      ['deep nesting', `{"id":7,"method":"x","params":${'['.repeat(9)}${']'.repeat(9)}}`, '7'],
    ])('are answered with the id when there was one: %s', (_name, line, id) => {
      expect(short(create().handle(typeof line === 'string' ? bytes(line) : line))).toEqual([
        `${id} error 20`,
        'fault',
      ]);
    });

    it('never repeat what the peer sent', () => {
      const session = create();
      const secret = 'SECRET';
      for (const line of [
        `{"id":1,"method":"${secret}"}`,
        `${secret}`,
        `{"id":1,"method":"mining.submit","params":["${secret}","${secret}","${secret}","",""]}`,
        `{"id":1,"method":"mining.authorize","params":["${secret.repeat(100)}"]}`,
      ]) {
        for (const output of session.handle(bytes(line)))
          if (output.type === 'send') expect(text(output.line)).not.toContain(secret);
      }
    });
  });

  describe('batches', () => {
    const batch = (session: ServerSession, ...names: CallName[]) =>
      short(session.handle(bytes(`[${names.map((name) => CALLS[name])}]`)));

    it('are answered call by call, in their order', () => {
      const session = create();
      expect(batch(session, 'configure', 'subscribe', 'unknown', 'ping', 'response')).toEqual([
        ...['greeted', '1 result', 'configured'],
        ...['2 result', 'subscribed'],
        'null error 20',
        'p pong',
      ]);
      expect(batch(session, 'authorize', 'ping')).toEqual(['authorize', 'p pong']);
    });

    it('may hold what is no message', () => {
      const session = create();
      expect(short(session.handle(bytes(`[${CALLS.ping},7,{"id":5},${CALLS.ping}]`)))).toEqual([
        ...['greeted', 'p pong'],
        ...['null error 20', 'fault'],
        ...['5 error 20', 'fault'],
        'p pong',
      ]);
    });

    it('of faults end the session, and nothing behind them is taken', () => {
      const { faults } = DEFAULT_SERVER_SESSION_LIMITS;
      const session = create();
      const outputs = short(session.handle(bytes(`[${Array.from({ length: faults }, () => 7)},${CALLS.ping}]`)));
      expect(outputs.slice(-2)).toEqual(['fault', 'end too-many-faults']);
    });

    it('wait with the calls before them for the version mask, up to the same number', () => {
      const undecided = (options = {}) => new ServerSession({ subscribe: () => TERMS, ...options });
      const session = undecided();
      expect(batch(session, 'configure', 'subscribe', 'ping')).toEqual(['greeted']);
      expect(short(session.setAllowedVersionMask(MASK))).toContain('p pong');
      const names = Array.from({ length: MAX_BATCH_MESSAGES }, () => 'configure' as const);
      const other = undecided({ limits: { heldCalls: 4 } });
      expect(batch(other, ...names)).toEqual(['greeted', 'end too-many-calls']);
    });
  });

  describe('questions to the miner', () => {
    const reply = (session: ServerSession, asked: ServerSessionOutput, result: string) => {
      const { id } = JSON.parse(asked.type === 'send' ? text(asked.line) : '{}');
      return session.handle(bytes(`{"id":${id},"result":${result},"error":null}`));
    };

    it('are answered, each once', () => {
      const session = create();
      const version = session.askVersion();
      const ping = session.ping();
      expect(short([version, ping])).toEqual(['client.get_version', 'mining.ping']);
      expect(reply(session, ping, '"pong"')).toEqual([{ type: 'pong' }]);
      expect(reply(session, version, '"cgminer/4"')).toEqual([{ type: 'minerVersion', version: 'cgminer/4' }]);
      expect(reply(session, version, '"cgminer/4"')).toEqual([]);
    });

    it('may be answered badly', () => {
      const session = create();
      expect(reply(session, session.askVersion(), '7')).toEqual([]);
    });

    it('are forgotten when there are too many', () => {
      const session = create();
      const first = session.ping();
      for (let index = 0; index < DEFAULT_SERVER_SESSION_LIMITS.openQuestions; index++) session.ping();
      expect(reply(session, first, '"pong"')).toEqual([]);
    });
  });

  it('takes lines of the greatest length', () => {
    const line = CALLS.ping.replace('[]', JSON.stringify(['x'.repeat(MAX_LINE_BYTES - CALLS.ping.length - 2)]));
    expect(line.length).toBe(MAX_LINE_BYTES);
    expect(short(create().handle(bytes(line)))).toEqual(['greeted', 'p pong']);
  });
});
