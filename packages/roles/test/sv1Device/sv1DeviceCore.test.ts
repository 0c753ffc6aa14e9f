import { encodeHeader, headerHash, meetsTarget, targetFromDifficulty } from '@stratumkit/bitcoin';
import { toHex } from '@stratumkit/codec';
import {
  type NotifyParams,
  notifyLine,
  ServerSession,
  type ServerSessionOutput,
  type SubmitParams,
  shareHeader,
} from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_REDIRECTION_LIMITS,
  MAX_REMEMBERED_JOBS,
  type SearchChunk,
  SV1_PROFILE_NAMES,
  SV1_PROFILES,
  Sv1DeviceCore,
  type Sv1DeviceCoreOptions,
  type Sv1DeviceInput,
  type Sv1DeviceOutput,
  type Sv1Profile,
} from '../../src/index.ts';

const POOL = { host: 'pool.example', port: 3333 };
const SPARE = { host: 'spare.example', port: 3333 };
const EASY = 1e-9;
const MASK = 0x1fffe000;
const text = (line: Uint8Array) => new TextDecoder().decode(line).trim();
const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);
const EXTRANONCE1 = Uint8Array.of(1, 2);

const job = (jobId: string, changes: Partial<NotifyParams> = {}): NotifyParams => ({
  jobId,
  prevHash: bytes(32, 9),
  coinbase1: bytes(40, 1),
  coinbase2: bytes(30, 2),
  merklePath: [bytes(32, 3)],
  version: 0x20000000,
  nbits: 0x207fffff,
  ntime: 1_700_000_000,
  cleanJobs: true,
  ...changes,
});

/** One device, a clock, and a hand that plays the server with a real server session. */
class Bench {
  readonly core: Sv1DeviceCore;
  ms = 1_000;
  connection = 0;
  server: ServerSession | undefined;
  /** Methods that the device called, in order, and a bar where an answer came in between. */
  readonly calls: string[] = [];
  readonly submits: { readonly share: SubmitParams; readonly id: string | undefined }[] = [];
  readonly resumed: (string | undefined)[] = [];
  readonly events: Extract<Sv1DeviceOutput, { type: 'event' }>['event'][] = [];
  readonly wishes: Uint8Array[] = [];
  extranonce2Size = 4;
  mask = MASK;
  readonly #lines: string[] = [];

  constructor(profile: Sv1Profile = SV1_PROFILES.generic, options: Partial<Sv1DeviceCoreOptions<typeof POOL>> = {}) {
    this.core = new Sv1DeviceCore({
      devices: [{ name: 'd', workerName: 'u.d', profile }],
      upstreams: [POOL],
      random: () => 0,
      retry: { firstDelayMs: 100, maxDelayMs: 1_000, attemptsPerUpstream: 2 },
      ...options,
    });
  }

  get now() {
    return { monotonicMs: this.ms, unixSeconds: 1_700_000_000 + Math.floor(this.ms / 1000) };
  }

  input(input: Sv1DeviceInput): readonly Sv1DeviceOutput[] {
    const outputs = this.core.handle(input, this.now);
    for (const output of outputs) {
      if (output.type === 'connect') this.connection = output.connection;
      if (output.type === 'event') this.events.push(output.event);
      if (output.type === 'send') {
        expect(output.to).toBe(this.connection);
        this.#lines.push(text(output.line));
      }
    }
    return outputs;
  }

  /** Connects and answers until the device asks for nothing more. */
  greet(): void {
    if (this.connection === 0) this.input({ type: 'start' });
    this.server = new ServerSession({
      subscribe: (resume) => {
        this.resumed.push(resume);
        return { sessionId: 'session', extranonce1: EXTRANONCE1, extranonce2Size: this.extranonce2Size };
      },
    });
    this.server.setAllowedVersionMask(this.mask);
    this.input({ type: 'connected', connection: this.connection });
    this.serve();
  }

  serve(): void {
    while (this.#lines.length > 0) {
      const batch = this.#lines.splice(0);
      this.calls.push(batch.map((line) => JSON.parse(line).method.split('.').slice(1).join('.')).join(' '));
      for (const line of batch) this.#answer(this.server!.handle(new TextEncoder().encode(line)));
    }
  }

  #answer(outputs: readonly ServerSessionOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'send') this.line(text(output.line));
      if (output.type === 'authorize') this.#answer(this.server!.authorize(output.call, output.workerName));
      if (output.type === 'suggestedTarget') this.wishes.push(output.target);
      if (output.type === 'submit') this.submits.push({ share: output.share, id: output.call.id });
      if (output.type === 'submit') this.#answer([this.server!.answer(output.call, true)]);
    }
  }

  line(line: string): readonly Sv1DeviceOutput[] {
    return this.input({ type: 'line', connection: this.connection, line: new TextEncoder().encode(line) });
  }

  tell(method: string, params: unknown): readonly Sv1DeviceOutput[] {
    return this.line(JSON.stringify({ id: null, method, params }));
  }

  notify(params: NotifyParams): readonly Sv1DeviceOutput[] {
    return this.line(text(notifyLine(params)));
  }

  mining(first: NotifyParams = job('a')): void {
    this.greet();
    this.tell('mining.set_difficulty', [EASY]);
    this.notify(first);
  }

  take(count = 1_000_000): SearchChunk | undefined {
    return this.core.take(0, count, this.now);
  }

  /** Finds a share and hands it in; what the server got. */
  share(chunk: SearchChunk = this.take()!): SubmitParams | undefined {
    const before = this.submits.length;
    this.input({ type: 'found', device: 0, chunk, nonce: solve(chunk) });
    this.serve();
    return this.submits[before]?.share;
  }

  count(type: (typeof this.events)[number]['type']): number {
    return this.events.filter((event) => event.type === type).length;
  }
}

function solve(chunk: SearchChunk): number {
  const header = chunk.header.slice();
  const view = new DataView(header.buffer);
  for (let nonce = chunk.firstNonce; ; nonce++) {
    view.setUint32(76, nonce, true);
    if (meetsTarget(headerHash(header), chunk.target)) return nonce;
  }
}

describe.each(SV1_PROFILE_NAMES)('profile %s', (name) => {
  const profile = SV1_PROFILES[name];

  it('greets in its own order and mines', () => {
    const bench = new Bench(profile);
    bench.mining();
    const wire = {
      configure: 'configure',
      subscribe: 'subscribe',
      authorize: 'authorize',
      suggestDifficulty: 'suggest_difficulty',
      subscribeExtranonce: 'extranonce.subscribe',
    };
    expect(bench.calls).toEqual(profile.greeting.map((calls) => calls.map((call) => wire[call]).join(' ')));
    expect(bench.share()).toMatchObject({ workerName: 'u.d', jobId: 'a' });
    expect(bench.count('shareAccepted')).toBe(1);
  });

  it('finds shares whose header is the one that the server computes', () => {
    const bench = new Bench(profile);
    bench.mining();
    for (let round = 0; round < 5; round++) {
      bench.ms += 1_000;
      const chunk = bench.take()!;
      const share = bench.share(chunk)!;
      const versionMask = bench.server!.versionMask;
      const header = encodeHeader(shareHeader(job('a'), share, EXTRANONCE1, { versionMask }));
      expect(meetsTarget(headerHash(header), targetFromDifficulty(EASY))).toBe(true);
      expect(header.subarray(0, 76)).toEqual(chunk.header.subarray(0, 76));
      expect(share.versionBits === undefined).toBe(!profile.greeting.flat().includes('configure'));
      expect(share.ntime).toBe(profile.rollsTime ? 1_700_000_000 + round + 1 : 1_700_000_000);
    }
  });

  it('leaves when it is given more to roll than it can', () => {
    const bench = new Bench(profile);
    bench.extranonce2Size = profile.maxExtranonce2Size + 1;
    bench.greet();
    expect(bench.events.at(-1)).toMatchObject({ type: 'disconnected', reason: 'extranonce2-too-large' });
    const fitting = new Bench(profile);
    fitting.extranonce2Size = profile.maxExtranonce2Size;
    fitting.mining();
    expect(fitting.share()!.extranonce2).toHaveLength(profile.maxExtranonce2Size);
  });

  it('drops a job that is too long for it', () => {
    const bench = new Bench(profile);
    const room = profile.maxCoinbaseBytes - 40 - EXTRANONCE1.length - 4;
    bench.mining(job('a', { coinbase2: bytes(Math.min(room, 32_768), 2) }));
    expect(bench.take()).toBeDefined();
    if (room + 1 > 32_768) return;
    bench.notify(job('b', { coinbase2: bytes(room + 1, 2) }));
    expect(bench.count('jobDropped')).toBe(1);
    expect(bench.take()).toBeUndefined();
  });

  it('cuts its user name where it must', () => {
    const bench = new Bench(profile, {
      devices: [{ name: 'd', workerName: 'é'.repeat(200), profile }],
    });
    bench.greet();
    const [worker] = bench.server!.workers;
    expect(worker).toBe('é'.repeat(Math.min(200, Math.floor(profile.maxUserNameBytes / 2))));
  });

  it('asks for its old session if that is its way', () => {
    const bench = new Bench(profile);
    bench.mining();
    bench.input({ type: 'disconnected', connection: bench.connection, reason: 'reset' });
    bench.ms += 1_000;
    bench.input({ type: 'tick' });
    bench.greet();
    expect(bench.resumed).toEqual([undefined, profile.resumesSession ? 'session' : undefined]);
  });

  it('gives up a server that is silent for too long', () => {
    const bench = new Bench(profile);
    bench.mining();
    expect(bench.core.deadline).toBe(bench.ms + profile.silenceMs);
    bench.ms += profile.silenceMs;
    bench.input({ type: 'tick' });
    expect(bench.events.at(-1)).toMatchObject({ type: 'disconnected', reason: 'silent-upstream' });
  });

  it('takes a change of difficulty as it does', () => {
    const bench = new Bench(profile);
    bench.mining();
    bench.tell('mining.set_difficulty', [EASY / 2]);
    const target = (difficulty: number) => toHex(targetFromDifficulty(difficulty));
    expect(toHex(bench.take(1)!.target)).toBe(target(profile.appliesDifficultyAtOnce ? EASY / 2 : EASY));
    bench.notify(job('b', { cleanJobs: false }));
    expect(toHex(bench.take(1)!.target)).toBe(target(EASY / 2));
  });
});

describe('Sv1DeviceCore', () => {
  it.each([
    [undefined, SV1_PROFILES.bitaxe.suggestedDifficulty],
    [0.25, 0.25],
  ])('wishes %s as a difficulty of %d', (suggestedDifficulty, wish) => {
    const profile = SV1_PROFILES.bitaxe;
    const own = suggestedDifficulty === undefined ? {} : { suggestedDifficulty };
    const bench = new Bench(profile, { devices: [{ name: 'd', workerName: 'u', profile, ...own }] });
    bench.greet();
    expect(bench.wishes).toEqual([targetFromDifficulty(wish)]);
  });

  it('uses one id for every share where the profile does', () => {
    const bench = new Bench(SV1_PROFILES.minerd);
    bench.mining();
    for (let round = 0; round < 3; round++) bench.share();
    expect(bench.submits.map(({ id }) => id)).toEqual(['4', '4', '4']);
    expect(bench.count('shareAccepted')).toBe(3);
  });

  it('begins a repeated job anew only where the profile does', () => {
    const headers = (profile: Sv1Profile) => {
      const bench = new Bench(profile);
      bench.mining();
      const before = bench.take(100)!;
      bench.notify(job('b', { cleanJobs: false }));
      const after = bench.take(100)!;
      expect(after.header).toEqual(before.header);
      return after.firstNonce;
    };
    expect(headers(SV1_PROFILES.minerd)).toBe(0);
    expect(headers(SV1_PROFILES.generic)).toBe(100);
  });

  it('hands in shares of older jobs until a clean one comes', () => {
    const bench = new Bench();
    bench.mining();
    const old = bench.take()!;
    bench.notify(job('b', { cleanJobs: false, coinbase1: bytes(40, 7) }));
    expect(bench.share(old)).toMatchObject({ jobId: 'a' });
    bench.notify(job('c', { prevHash: bytes(32, 8) }));
    expect(bench.share(old)).toBeUndefined();
    expect(bench.events.at(-1)).toMatchObject({ type: 'shareDropped', reason: 'stale' });
    expect(bench.share()).toMatchObject({ jobId: 'c' });
  });

  it('remembers a limited number of jobs', () => {
    const bench = new Bench();
    bench.mining();
    const old = bench.take()!;
    for (let n = 1; n < MAX_REMEMBERED_JOBS; n++) bench.notify(job(`j${n}`, { cleanJobs: false }));
    expect(bench.share(old)).toMatchObject({ jobId: 'a' });
    bench.notify(job('one more', { cleanJobs: false }));
    expect(bench.share(old)).toBeUndefined();
  });

  it('drops what does not meet the target', () => {
    const bench = new Bench();
    bench.mining();
    const chunk = { ...bench.take()!, target: bytes(32, 0) };
    bench.input({ type: 'found', device: 0, chunk, nonce: 0 });
    expect(bench.events.at(-1)).toEqual({ type: 'shareDropped', device: 0, reason: 'low' });
  });

  it('drops shares of an earlier connection', () => {
    const bench = new Bench();
    bench.mining();
    const old = bench.take()!;
    bench.input({ type: 'disconnected', connection: bench.connection, reason: 'reset' });
    expect(bench.take()).toBeUndefined();
    bench.ms += 1_000;
    bench.input({ type: 'tick' });
    bench.mining();
    expect(bench.share(old)).toBeUndefined();
    expect(bench.share()).toBeDefined();
  });

  it.each([
    [20, 'invalid-share'],
    [21, 'stale-share'],
    [22, 'duplicate-share'],
    [23, 'difficulty-too-low'],
    [24, 'unauthorized'],
    [25, 'not-subscribed'],
    [-3, 'invalid-share'],
  ])('tells the cause %i of a refused share, and how old the tip was', (code, errorCode) => {
    const bench = new Bench();
    bench.mining();
    bench.ms += 700;
    bench.input({ type: 'found', device: 0, chunk: bench.take()!, nonce: solve(bench.take()!) });
    bench.line(`{"id":5,"result":null,"error":[${code},"why",null]}`);
    expect(bench.events.at(-1)).toEqual({
      type: 'shareRejected',
      device: 0,
      sequenceNumber: 0,
      errorCode,
      code,
      message: 'why',
      tipAgeMs: 700,
    });
  });

  it('rolls no version where it was granted none, or does not want to', () => {
    const granted = new Bench();
    granted.mining();
    const versions = new Set(
      Array.from({ length: 3 }, () => {
        granted.ms += 1_000;
        return granted.take()!.version;
      }),
    );
    expect(versions.size).toBe(3);
    const refused = new Bench();
    refused.mask = 0;
    refused.mining();
    const unwilling = new Bench(SV1_PROFILES.generic, { rollVersion: false });
    unwilling.mining();
    for (const bench of [refused, unwilling]) {
      bench.ms += 1_000;
      expect(bench.take()!.version).toBe(0x20000000);
      expect(bench.share()!.versionBits).toBeUndefined();
    }
  });

  it('follows another mask at once, and keeps to six parameters', () => {
    const bench = new Bench();
    bench.mining();
    bench.server!.setAllowedVersionMask(0);
    bench.tell('mining.set_version_mask', ['00000000']);
    bench.ms += 1_000;
    expect(bench.take()!.version).toBe(0x20000000);
    expect(bench.share()!.versionBits).toBe(0);
  });

  it('takes another extranonce from the next job on, if it said so', () => {
    for (const [profile, isTaken] of [
      [SV1_PROFILES.bitaxe, true],
      [SV1_PROFILES.antminer, false],
    ] as const) {
      const bench = new Bench(profile);
      bench.mining();
      bench.tell('mining.set_extranonce', ['0a0b0c', 6]);
      expect(bench.take()!.extranonce).toHaveLength(4);
      bench.notify(job('b'));
      expect(bench.take()!.extranonce).toHaveLength(isTaken ? 6 : 4);
    }
  });

  it.each([
    [1_536.75, 1_536],
    [1.5, 1],
    [0.75, 0.75],
  ])('of firmware that knows no fraction from 1 up, told %d, mines for %d', (told, mined) => {
    const target = (profile: Sv1Profile) => {
      const bench = new Bench(profile);
      bench.greet();
      bench.tell('mining.set_difficulty', [told]);
      bench.notify(job('a'));
      return bench.take(1)!.target;
    };
    expect(target(SV1_PROFILES.avalon)).toEqual(targetFromDifficulty(mined));
    expect(target(SV1_PROFILES.cgminer)).toEqual(targetFromDifficulty(told));
  });

  describe('on a fallback', () => {
    /** Mining on the spare server, since the first one cannot be reached. */
    const onSpare = (profile: Sv1Profile) => {
      const bench = new Bench(profile, { upstreams: [POOL, SPARE] });
      bench.input({ type: 'start' });
      for (let attempt = 0; attempt < 2; attempt++) {
        bench.input({ type: 'disconnected', connection: bench.connection, reason: 'refused' });
        bench.ms = bench.core.deadline!;
        bench.input({ type: 'tick' });
      }
      expect(bench.events.at(-1)).toMatchObject({ type: 'connecting', ...SPARE });
      bench.mining();
      return bench;
    };
    const probe = { type: 'probe', device: 0, upstream: POOL };

    it('a bitaxe tries its first server every minute, and goes back once it is reached', () => {
      const bench = onSpare(SV1_PROFILES.bitaxe);
      for (let minute = 0; minute < 3; minute++) {
        bench.tell('client.show_message', ['x']);
        bench.ms += 59_999;
        expect(bench.input({ type: 'tick' })).toEqual([]);
        bench.ms += 1;
        expect(bench.core.deadline).toBe(bench.ms);
        expect(bench.input({ type: 'tick' })).toEqual([probe]);
        // Until the answer it asks no more, and mines on.
        expect(bench.input({ type: 'tick' })).toEqual([]);
        expect(bench.share()).toBeDefined();
        if (minute < 2) expect(bench.input({ type: 'probed', device: 0, reached: false })).toEqual([]);
      }
      const outputs = bench.input({ type: 'probed', device: 0, reached: true });
      expect(outputs).toContainEqual({ type: 'close', to: expect.any(Number), reason: 'primary-is-back' });
      expect(bench.events.at(-1)).toMatchObject({ type: 'disconnected', retryInMs: 0 });
      bench.input({ type: 'tick' });
      expect(bench.events.at(-1)).toMatchObject({ type: 'connecting', ...POOL });
      bench.mining();
      bench.ms += 60_000;
      expect(bench.input({ type: 'tick' })).toEqual([]);
    });

    it('a bitaxe that cannot stay with its first server after all comes to the fallback again', () => {
      const bench = onSpare(SV1_PROFILES.bitaxe);
      bench.ms += 60_000;
      bench.input({ type: 'tick' });
      bench.input({ type: 'probed', device: 0, reached: true });
      const hosts: string[] = [];
      for (let attempt = 0; attempt < 3; attempt++) {
        bench.ms = bench.core.deadline!;
        bench.input({ type: 'tick' });
        const event = bench.events.at(-1);
        hosts.push(event?.type === 'connecting' ? event.host : '');
        bench.input({ type: 'disconnected', connection: bench.connection, reason: 'refused' });
      }
      expect(hosts).toEqual([POOL.host, POOL.host, SPARE.host]);
    });

    it('an answer that comes after the connection went means nothing', () => {
      const bench = onSpare(SV1_PROFILES.bitaxe);
      bench.ms += 60_000;
      bench.input({ type: 'tick' });
      bench.input({ type: 'disconnected', connection: bench.connection, reason: 'reset' });
      expect(bench.input({ type: 'probed', device: 0, reached: true })).toEqual([]);
      expect(bench.input({ type: 'probed', device: 7, reached: true })).toEqual([]);
    });

    it.each(SV1_PROFILE_NAMES.filter((name) => name !== 'bitaxe'))('%s stays there', (name) => {
      const bench = onSpare(SV1_PROFILES[name]);
      for (let minute = 0; minute < 5; minute++) {
        bench.tell('client.show_message', ['x']);
        bench.ms += 60_000;
        expect(bench.input({ type: 'tick' })).toEqual([]);
      }
    });
  });

  describe('connections', () => {
    it('go through the list, and back to its start', () => {
      const bench = new Bench(SV1_PROFILES.generic, { upstreams: [POOL, SPARE] });
      bench.input({ type: 'start' });
      const hosts: string[] = [];
      for (let attempt = 0; attempt < 6; attempt++) {
        const event = bench.events.findLast(({ type }) => type === 'connecting');
        hosts.push(event?.type === 'connecting' ? event.host : '');
        bench.input({ type: 'disconnected', connection: bench.connection, reason: 'refused' });
        bench.ms = bench.core.deadline!;
        bench.input({ type: 'tick' });
      }
      expect(hosts).toEqual([POOL, POOL, SPARE, SPARE, POOL, POOL].map(({ host }) => host));
    });

    it('without work in time are given up', () => {
      const bench = new Bench();
      bench.greet();
      bench.ms = bench.core.deadline! - 1;
      expect(bench.input({ type: 'tick' })).toEqual([]);
      bench.ms += 1;
      bench.input({ type: 'tick' });
      expect(bench.events.at(-1)).toMatchObject({ type: 'disconnected', reason: 'no-work' });
    });

    it.each([
      ['["other.example",4444,3]', { host: 'other.example', port: 4444 }, 3_000],
      ['[]', POOL, 0],
      ['["",0,"2"]', POOL, 2_000],
    ])('are moved by client.reconnect %s', (params, endpoint, waitMs) => {
      const bench = new Bench();
      bench.mining();
      bench.tell('client.reconnect', JSON.parse(params));
      expect(bench.core.deadline).toBe(bench.ms + waitMs);
      bench.ms += waitMs;
      bench.input({ type: 'tick' });
      expect(bench.events.at(-1)).toMatchObject({ type: 'connecting', ...endpoint });
    });

    it('are not moved into a private network, nor for ever', () => {
      const bench = new Bench();
      bench.mining();
      bench.tell('client.reconnect', ['127.0.0.1', 1, 0]);
      expect(bench.events.at(-1)).toMatchObject({ type: 'redirectRefused', reason: 'private-host' });
      for (let n = 0; n < DEFAULT_REDIRECTION_LIMITS.maxInARow; n++) {
        bench.tell('client.reconnect', [`h${n}.example`, 1, 0]);
        bench.input({ type: 'tick' });
        bench.input({ type: 'connected', connection: bench.connection });
      }
      bench.tell('client.reconnect', ['last.example', 1, 0]);
      expect(bench.events.at(-1)).toMatchObject({ type: 'redirectRefused', reason: 'too-many-redirects' });
    });

    it.each([
      ['{"id":3,"result":null,"error":[24,"Unauthorized worker",null]}', 'authorize-refused'],
      ['{"id":2,"result":null,"error":[20,"full",null]}', 'subscribe-refused'],
      ['not json', 'not-json'],
    ])('end after %s', (line, reason) => {
      const bench = new Bench();
      bench.input({ type: 'start' });
      bench.input({ type: 'connected', connection: bench.connection });
      bench.line('{"id":1,"result":{},"error":null}');
      const outputs = bench.line(line);
      expect(outputs).toContainEqual({ type: 'close', to: bench.connection, reason });
      expect(bench.events.at(-1)).toMatchObject({ type: 'disconnected', reason });
      expect(bench.line('{"id":3,"result":true,"error":null}')).toEqual([]);
    });
  });

  it('answers what a server asks, and shows what it says', () => {
    const bench = new Bench();
    bench.mining();
    const [answer] = bench.line('{"id":9,"method":"client.get_version","params":[]}');
    expect(answer?.type === 'send' && text(answer.line)).toBe('{"id":9,"result":"stratumkit/0","error":null}');
    bench.tell('client.show_message', ['hello']);
    expect(bench.events.at(-1)).toEqual({ type: 'message', device: 0, text: 'hello' });
  });

  it('runs many devices, each with its own connection', () => {
    const profile = SV1_PROFILES.generic;
    const devices = Array.from({ length: 3 }, (_, n) => ({ name: `d${n}`, workerName: `u.d${n}`, profile }));
    const core = new Sv1DeviceCore({ devices, upstreams: [POOL], random: () => 0 });
    const now = { monotonicMs: 0, unixSeconds: 1_700_000_000 };
    const outputs = core.handle({ type: 'start' }, now);
    const connections = outputs.flatMap((output) => (output.type === 'connect' ? [output.connection] : []));
    expect(new Set(connections).size).toBe(3);
    const greeted = connections.map((connection) => core.handle({ type: 'connected', connection }, now));
    expect(greeted.map((each) => each.find(({ type }) => type === 'send'))).toEqual(
      connections.map((to) => expect.objectContaining({ type: 'send', to })),
    );
  });
});
