import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Stage, type Sv1Client } from './stage.ts';

/** What the others are doing meanwhile: a miner on the same upstream channel, before and after each attack. */
let stage: Stage;
let control: Sv1Client;
const sockets: Socket[] = [];

beforeAll(async () => {
  stage = await Stage.start({ lineLimits: { linesPerSecond: 200, lineBurst: 300, budgetPatienceMs: 1_000 } });
  control = await stage.miner('control.1', 0xffffffff);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  const { accepted } = control;
  await control.mine();
  expect(control.accepted).toBe(accepted + 1);
  expect(control.refusals).toEqual([]);
  expect(control.closedBecause).toBeUndefined();
  expect(stage.poolCount('shareRejected')).toBe(0);
  expect(stage.pool.status).toMatchObject({ connections: 1, channels: 1 });
});
afterAll(() => stage.resources.close());

const SUBSCRIBE = '{"id":1,"method":"mining.subscribe","params":["x"]}\n';
const AUTHORIZE = '{"id":2,"method":"mining.authorize","params":["evil.1","x"]}\n';
const GREETING = SUBSCRIBE + AUTHORIZE;
const submit = (id: string, params: string) => `{"id":${id},"method":"mining.submit","params":[${params}]}\n`;
const SHARE = '"evil.1","1","00000000","00000000","00000000"';

class Attacker {
  readonly socket: Socket;
  readonly lines: string[] = [];
  isClosed = false;
  #wake: () => void = () => undefined;

  constructor() {
    let rest = '';
    this.socket = connect(stage.translator.address);
    sockets.push(this.socket);
    this.socket
      .on('data', (chunk) => {
        const lines = (rest + chunk.toString()).split('\n');
        rest = lines.pop()!;
        this.lines.push(...lines);
        this.#wake();
      })
      .on('error', () => undefined)
      .on('close', () => {
        this.isClosed = true;
        this.#wake();
      });
  }

  send(data: string | Uint8Array): void {
    this.socket.write(data);
  }

  /** Answers by the text of their ids. */
  answers(): { readonly id: string; readonly code: number | undefined }[] {
    return this.lines
      .filter((line) => !line.includes('"method"'))
      .map((line) => ({
        id: /^\{"id":(.*?),"result"/.exec(line)?.[1] ?? '?',
        code: (JSON.parse(line) as { error: [number] | null }).error?.[0],
      }));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) {
      if (this.isClosed) throw new Error(`closed after ${this.lines.join()}`);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  async closed(): Promise<void> {
    while (!this.isClosed) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

describe('a line that is no message gets an error, and the connection goes on', () => {
  it.each<[string, string | Uint8Array, string, number]>([
    ['that is no JSON', 'hello}', 'null', 20],
    ['that is an array of no message', '[{"id":1}]', '1', 20],
    [
      'that is a batch of more than 16',
      `[${Array.from({ length: 17 }, () => '{"id":1,"method":"mining.ping"}')}]`,
      'null',
      20,
    ],
    ['that is an empty batch', '[]', 'null', 20],
    ['that is a number', ' 7', 'null', 20],
    ['that is null', ' null', 'null', 20],
    ['that nests 9 deep', `{"id":7,"method":"x","params":${'['.repeat(9)}${']'.repeat(9)}}`, '7', 20],
    ['that nests 20,000 deep', `{"a":${'['.repeat(20_000)}`, 'null', 20],
    ['that names a key twice', '{"id":1,"id":2,"method":"mining.ping","params":[]}', '2', 20],
    ['with __proto__', '{"id":3,"__proto__":{"admin":true},"method":"mining.ping","params":[]}', '3', 20],
    ['with a number beyond numbers', '{"id":4,"method":"mining.suggest_difficulty","params":[1e999]}', '4', 20],
    [
      'that is no UTF-8',
      Uint8Array.of(...new TextEncoder().encode('{"id":5,"m":"'), 0xff, 0xfe, 0x22, 0x7d),
      'null',
      20,
    ],
    ['with a NUL', '{"id":6\u0000,"method":"mining.ping"}', '6', 20],
    ['of a method that is none', '{"id":8,"method":7,"params":[]}', '8', 20],
    ['of a method nobody knows', '{"id":9,"method":"mining.sing","params":[]}', '9', 20],
    ['of a method that only servers call', '{"id":10,"method":"mining.notify","params":[]}', '10', 20],
    ['with parameters of another kind', '{"id":11,"method":"mining.subscribe","params":{"a":1}}', '11', 20],
    ['that wants all transactions', '{"id":12,"method":"mining.get_transactions","params":["1"]}', '12', 20],
  ])('%s', async (_, line, id, code) => {
    const attacker = new Attacker();
    // The first byte tells what else might be spoken, so the first line is a good one.
    attacker.send('{"id":"first","method":"mining.ping","params":[]}\r\n');
    attacker.send(typeof line === 'string' ? `${line}\n` : Uint8Array.of(...line, 10));
    attacker.send('{"id":"after","method":"mining.ping","params":[]}\n');
    await attacker.until(() => attacker.answers().some((answer) => answer.id === '"after"'));
    expect(attacker.answers()).toEqual([
      { id: '"first"', code: undefined },
      { id: expect.any(String), code },
      { id: '"after"', code: undefined },
    ]);
    expect([id, 'null']).toContain(attacker.answers()[1]!.id);
    expect(({} as { admin?: boolean }).admin).toBeUndefined();
  });
});

describe('a batch', () => {
  it('is answered line by line', async () => {
    const attacker = new Attacker();
    attacker.send(
      '[{"id":"a","method":"mining.ping"},{"id":1.0,"method":"mining.sing"}, 7,{"id":null,"method":"mining.ping"}]\n',
    );
    await attacker.until(() => attacker.answers().length === 4);
    expect(attacker.answers()).toEqual([
      { id: '"a"', code: undefined },
      { id: '1.0', code: 20 },
      { id: 'null', code: 20 },
      { id: 'null', code: undefined },
    ]);
  });
});

describe('ids come back as they came', () => {
  it.each(['4', '"abc"', '1.0', '12345678901234567890', 'null', '-7', '"\\u0041"'])('%s', async (id) => {
    const attacker = new Attacker();
    for (let count = 0; count < 3; count++) attacker.send(`{"id":${id},"method":"mining.ping","params":[]}\n`);
    await attacker.until(() => attacker.answers().length === 3);
    for (const answer of attacker.answers()) expect(answer.id).toBe(id);
  });

  it('or as null where there was none', async () => {
    const attacker = new Attacker();
    attacker.send('{"method":"mining.ping","params":[]}\n');
    await attacker.until(() => attacker.answers().length === 1);
    expect(attacker.answers()[0]!.id).toBe('null');
  });
});

describe('a share is refused', () => {
  it.each<[string, string, string, number]>([
    ['before anything else', '', SHARE, 25],
    ['before a worker is authorized', SUBSCRIBE, SHARE, 24],
    ['of another worker', GREETING, SHARE.replace('evil', 'control'), 24],
    ['of a job that is another miner’s', GREETING, SHARE, 21],
    ['with version bits that were never granted', GREETING, `${SHARE},"00002000"`, 20],
    ['with four parameters', GREETING, '"evil.1","1","00000000","00000000"', 20],
    ['with a long nonce', GREETING, SHARE.replace(/"00000000"$/, '"0000000000"'), 20],
    ['with an extranonce2 of 32 bytes', GREETING, SHARE.replace('"00000000"', `"${'00'.repeat(32)}"`), 20],
    ['with an extranonce2 of 30 kB', GREETING, SHARE.replace('"00000000"', `"${'00'.repeat(15_000)}"`), 20],
    ['with a nonce that is none', GREETING, SHARE.replace(/"00000000"$/, '"zzzzzzzz"'), 20],
  ])('%s', async (_, before, params, code) => {
    const attacker = new Attacker();
    attacker.send(before + submit('4', params));
    await attacker.until(() => attacker.answers().some(({ id }) => id === '4'));
    expect(attacker.answers().find(({ id }) => id === '4')).toEqual({ id: '4', code });
  });

  it('with five parameters once version rolling was granted, and beyond the mask', async () => {
    const attacker = new Attacker();
    attacker.send(
      `{"id":0,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}\n${GREETING}`,
    );
    await attacker.until(() => attacker.lines.some((line) => line.includes('"method":"mining.notify"')));
    expect(attacker.lines[0]).toContain('"version-rolling.mask":"1fffe000"');
    const notify = attacker.lines.find((line) => line.includes('"method":"mining.notify"'))!;
    const [jobId] = (JSON.parse(notify) as { params: [string] }).params;
    const share = SHARE.replace('"1"', `"${jobId}"`);
    attacker.send(submit('4', share) + submit('5', `${share},"00000001"`) + submit('6', `${share},"ffffffff"`));
    await attacker.until(() => attacker.answers().some(({ id }) => id === '6'));
    for (const id of ['4', '5', '6'])
      expect(attacker.answers().find((answer) => answer.id === id)).toEqual({ id, code: 20 });
  });
});

describe('a connection ends', () => {
  it.each<[string, () => string | Uint8Array, string]>([
    ['with HTTP', () => 'GET / HTTP/1.1\r\n\r\n', 'not-json'],
    ['with TLS', () => Uint8Array.of(0x16, 3, 1, 0, 5), 'not-json'],
    ['with Stratum V2', () => Uint8Array.from({ length: 64 }, (_, index) => index + 0x80), 'not-json'],
    ['with a line of 64 KiB and a bit', () => `{"a":"${'x'.repeat(70_000)}"}\n`, 'line-too-long'],
    ['with a line without end', () => `{"a":"${'x'.repeat(200_000)}`, 'line-too-long'],
    ['with nothing but nonsense', () => '{nonsense}\n'.repeat(20), 'role-decision'],
    [
      'with more calls than wait for an answer',
      () => AUTHORIZE.replace('evil', 'a') + '{"id":1,"method":"mining.subscribe","params":7}\n'.repeat(20),
      'role-decision',
    ],
    ['with a flood', () => '{"id":1,"method":"mining.ping","params":[]}\n'.repeat(5_000), 'line-budget'],
  ])('%s', async (_, data, cause) => {
    const before = stage.translator.closeCounts.get(cause as never) ?? 0;
    const attacker = new Attacker();
    attacker.send(data());
    await attacker.closed();
    expect(stage.translator.closeCounts.get(cause as never)).toBe(before + 1);
  });

  it('that does not read what it is sent', async () => {
    const attacker = new Attacker();
    attacker.socket.pause();
    // Paced by its own budget, answers pile up here first, then at the translator, which stops to read.
    for (let count = 0; count < 200; count++) attacker.send('{"id":1,"method":"mining.ping","params":[]}\n');
    const { accepted } = control;
    await control.mine();
    expect(control.accepted).toBe(accepted + 1);
  });
});

it('half a line, a probe and a reset are nobody’s business', async () => {
  const gone = () => stage.count('minerGone');
  const before = gone();
  const half = new Attacker();
  half.send('{"id":1,"method":"mining.subs');
  await once(half.socket, 'connect');
  half.socket.end();
  const probe = new Attacker();
  await once(probe.socket, 'connect');
  probe.socket.end();
  const reset = new Attacker();
  reset.send(GREETING);
  await reset.until(() => reset.lines.some((line) => line.includes('"method":"mining.notify"')));
  reset.socket.resetAndDestroy();
  await stage.until(() => gone() === before + 3);
});

it('names may be anything printable and nothing else', async () => {
  for (const name of ['', 'x'.repeat(256), '<img src=x>', '\\u0000\\u202e', '€'.repeat(80)]) {
    const attacker = new Attacker();
    attacker.send(`${SUBSCRIBE}{"id":2,"method":"mining.authorize","params":["${name}","x"]}\n`);
    await attacker.until(() => attacker.answers().some(({ id }) => id === '2'));
    const refused = name === '' || name.length > 255;
    expect(attacker.answers().find(({ id }) => id === '2')?.code).toBe(refused ? 24 : undefined);
  }
});
