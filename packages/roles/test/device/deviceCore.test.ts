import { headerHash, meetsTarget } from '@stratumkit/bitcoin';
import { decodeFrameHeader, FRAME_HEADER_SIZE } from '@stratumkit/framing';
import { decodeMessage, type MiningMessage } from '@stratumkit/messages';
import { describe, expect, it } from 'vitest';
import {
  DEFAULT_REDIRECTION_LIMITS,
  DeviceCore,
  type DeviceCoreOptions,
  type DeviceInput,
  type DeviceOutput,
  type Endpoint,
  type SearchChunk,
} from '../../src/index.ts';

type Upstream = Endpoint & { readonly key: string };
const POOL: Upstream = { host: 'pool.example', port: 3333, key: 'K' };
const SPARE: Upstream = { host: 'spare.example', port: 3333, key: 'S' };
const bytes = (length: number, fill: number) => new Uint8Array(length).fill(fill);

/** A device core and a clock, and a hand that plays the upstream. */
class Bench {
  readonly core: DeviceCore<Upstream>;
  ms = 1_000;
  readonly #closed = new Set<number>();
  connection = 0;

  constructor(options: Partial<DeviceCoreOptions<Upstream>> = {}, devices = 1) {
    this.core = new DeviceCore<Upstream>({
      devices: Array.from({ length: devices }, (_, i) => ({
        name: `d${i}`,
        userIdentity: `u.${i}`,
        nominalHashrate: 1e6,
      })),
      upstreams: [POOL],
      channel: 'standard',
      connections: 'shared',
      random: () => 0,
      retry: { firstDelayMs: 100, maxDelayMs: 1_000, attemptsPerUpstream: 2 },
      ...options,
    });
  }

  get now() {
    return { monotonicMs: this.ms, unixSeconds: 1_700_000_000 + Math.floor(this.ms / 1000) };
  }

  input(input: DeviceInput): readonly DeviceOutput<Upstream>[] {
    const outputs = this.core.handle(input, this.now);
    for (const output of outputs) {
      if (output.type === 'connect') this.connection = output.connection;
      if (output.type === 'close') this.#closed.add(output.to);
      if (output.type === 'send') expect(this.#closed.has(output.to[0]!)).toBe(false);
    }
    return outputs;
  }

  message(name: string, value: object): readonly DeviceOutput<Upstream>[] {
    const message = { name, value } as unknown as MiningMessage;
    return this.input({ type: 'message', connection: this.connection, message });
  }

  connect(flags = 0): readonly DeviceOutput<Upstream>[] {
    if (this.connection === 0) this.input({ type: 'start' });
    return this.input({ type: 'connected', connection: this.connection, flags, extensions: new Set() });
  }

  /** Answers the open with this request id; the channel has the number 10 + request id. */
  open(requestId: number): readonly DeviceOutput<Upstream>[] {
    return this.message('OpenStandardMiningChannel.Success', {
      requestId,
      channelId: 10 + requestId,
      groupChannelId: 1,
      target: bytes(32, 0xff),
      extranoncePrefix: bytes(20, requestId),
    });
  }

  job(channelId: number, jobId: number): readonly DeviceOutput<Upstream>[] {
    const job = { channelId, jobId, minNtime: undefined, version: 0x20000000, merkleRoot: bytes(32, jobId) };
    const tip = { channelId, jobId, prevHash: bytes(32, 9), minNtime: 1_700_000_000, nbits: 0x207fffff };
    return [...this.message('NewMiningJob', job), ...this.message('SetNewPrevHash', tip)];
  }

  mining(): void {
    this.connect();
    this.open(1);
    this.job(11, 1);
  }

  /** A nonce that meets the chunk's target. */
  solve(chunk: SearchChunk): number {
    const header = chunk.header.slice();
    const view = new DataView(header.buffer);
    for (let nonce = chunk.firstNonce; ; nonce++) {
      view.setUint32(76, nonce, true);
      if (meetsTarget(headerHash(header), chunk.target)) return nonce;
    }
  }
}

const sent = (outputs: readonly DeviceOutput<Upstream>[]) =>
  outputs.flatMap((output) => {
    if (output.type !== 'send') return [];
    const payload = output.frame.subarray(FRAME_HEADER_SIZE);
    return [decodeMessage('mining', { ...decodeFrameHeader(output.frame), payload })!];
  });
const events = (outputs: readonly DeviceOutput<Upstream>[]) =>
  outputs.flatMap((output) => (output.type === 'event' ? [output.event] : []));
const shape = (outputs: readonly DeviceOutput<Upstream>[]) =>
  outputs.map((output) => (output.type === 'event' ? output.event.type : output.type));

it('names its workers only as long as the extension is negotiated', () => {
  const bench = new Bench({ channel: 'extended' });
  bench.input({ type: 'start' });
  bench.input({ type: 'connected', connection: bench.connection, flags: 0, extensions: new Set([2]) });
  bench.message('OpenExtendedMiningChannel.Success', {
    requestId: 1,
    channelId: 11,
    groupChannelId: 1,
    target: bytes(32, 0xff),
    extranoncePrefix: bytes(16, 1),
    extranonceSize: 4,
  });
  bench.message('NewExtendedMiningJob', {
    channelId: 11,
    jobId: 1,
    minNtime: undefined,
    version: 0x20000000,
    versionRollingAllowed: true,
    merklePath: [],
    coinbaseTxPrefix: bytes(10, 4),
    coinbaseTxSuffix: bytes(10, 5),
  });
  const tip = { channelId: 11, jobId: 1, prevHash: bytes(32, 9), minNtime: 1_700_000_000, nbits: 0x207fffff };
  bench.message('SetNewPrevHash', tip);
  const namedWorker = () => {
    const chunk = bench.core.take(0, 1_000, bench.now)!;
    const [share] = sent(bench.input({ type: 'found', device: 0, chunk, nonce: bench.solve(chunk) }));
    return share!.rest.length > 0;
  };
  expect(namedWorker()).toBe(true);
  bench.message('ChannelEndpointChanged', { channelId: 11 });
  bench.input({ type: 'extensions', connection: bench.connection, extensions: new Set() });
  expect(namedWorker()).toBe(false);
  bench.input({ type: 'extensions', connection: bench.connection, extensions: new Set([2]) });
  expect(namedWorker()).toBe(true);
});

describe('DeviceCore connects', () => {
  it('at its start, opens a channel per device and hands out work', () => {
    const bench = new Bench({}, 2);
    expect(bench.input({ type: 'start' })).toMatchObject([
      { event: { type: 'connecting', host: 'pool.example', port: 3333 } },
      { type: 'connect', connection: 1, upstream: POOL },
    ]);
    expect(sent(bench.connect()).map(({ value }) => value)).toMatchObject([
      { requestId: 1, userIdentity: 'u.0', nominalHashRate: 1e6 },
      { requestId: 2, userIdentity: 'u.1' },
    ]);
    expect(events(bench.open(2))).toMatchObject([{ type: 'channelOpened', device: 1, channelId: 12 }]);
    expect(bench.open(1)).toContainEqual({ type: 'channels', connection: 1, open: 2 });
    expect(bench.core.take(0, 10, bench.now)).toBeUndefined();
    const outputs = bench.job(11, 1);
    expect(shape(outputs)).toEqual(['job', 'search']);
    expect(outputs[1]).toMatchObject({
      device: 0,
      order: { versionMask: 0x1fffffe0, work: { target: bytes(32, 0xff) } },
    });
    expect(bench.core.take(0, 10, bench.now)).toMatchObject({ jobId: 1, nonceCount: 10 });
    expect(bench.core.take(1, 10, bench.now)).toBeUndefined();
    expect(bench.core.take(9, 10, bench.now)).toBeUndefined();
  });

  it('with one connection for each device if wanted', () => {
    const bench = new Bench({ connections: 'each' }, 3);
    const outputs = bench.input({ type: 'start' });
    expect(outputs.flatMap((output) => (output.type === 'connect' ? [output.connection] : []))).toEqual([1, 2, 3]);
    const opened = bench.input({ type: 'connected', connection: 2, flags: 0, extensions: new Set() });
    expect(sent(opened)).toMatchObject([{ value: { requestId: 1, userIdentity: 'u.1' } }]);
  });

  it('with an extended channel, asking for extranonce to roll', () => {
    const bench = new Bench({ channel: 'extended', minExtranonceSize: 6, rollVersion: false });
    expect(sent(bench.connect())).toMatchObject([
      { name: 'OpenExtendedMiningChannel', value: { minExtranonceSize: 6 } },
    ]);
  });
});

describe('DeviceCore submits', () => {
  it('what meets the target, and reports the answers', () => {
    const bench = new Bench();
    bench.mining();
    const chunk = bench.core.take(0, 1_000, bench.now)!;
    const nonce = bench.solve(chunk);
    const outputs = bench.input({ type: 'found', device: 0, chunk, nonce });
    expect(events(outputs)).toMatchObject([{ type: 'shareFound', sequenceNumber: 0, jobId: 1 }]);
    expect(sent(outputs)).toMatchObject([
      { value: { channelId: 11, jobId: 1, nonce, ntime: chunk.ntime, version: chunk.version } },
    ]);
    const accepted = { channelId: 11, lastSequenceNumber: 0, newSubmitsAcceptedCount: 1, newSharesSum: 4n };
    expect(events(bench.message('SubmitShares.Success', accepted))).toEqual([
      { type: 'sharesAccepted', device: 0, count: 1, difficultySum: 4n, unanswered: 0 },
    ]);
    bench.input({ type: 'found', device: 0, chunk, nonce });
    bench.ms += 300;
    const rejected = { channelId: 11, sequenceNumber: 1, errorCode: 'stale-share' };
    expect(events(bench.message('SubmitShares.Error', rejected))).toEqual([
      { type: 'shareRejected', device: 0, errorCode: 'stale-share', sequenceNumber: 1, tipAgeMs: 300 },
    ]);
  });

  it('nothing that does not meet the target', () => {
    const bench = new Bench();
    bench.mining();
    const chunk = { ...bench.core.take(0, 1_000, bench.now)!, target: bytes(32, 0) };
    const outputs = bench.input({ type: 'found', device: 0, chunk, nonce: 1 });
    expect(events(outputs)).toEqual([{ type: 'shareDropped', device: 0, reason: 'low' }]);
    expect(sent(outputs)).toEqual([]);
  });

  it('nothing from a job that the tip made stale, nor from an earlier connection', () => {
    const bench = new Bench();
    bench.mining();
    const chunk = bench.core.take(0, 1_000, bench.now)!;
    const nonce = bench.solve(chunk);
    const dropped = [{ type: 'shareDropped', device: 0, reason: 'stale' }];
    bench.job(11, 2);
    expect(events(bench.input({ type: 'found', device: 0, chunk, nonce }))).toEqual(dropped);
    bench.input({ type: 'disconnected', connection: bench.connection, reason: 'lost' });
    expect(events(bench.input({ type: 'found', device: 0, chunk, nonce }))).toEqual(dropped);
    bench.ms += 1_000;
    bench.input({ type: 'tick' });
    bench.mining();
    expect(events(bench.input({ type: 'found', device: 0, chunk, nonce }))).toEqual(dropped);
  });

  it('a hashrate that is well off the nominal one, now and then', () => {
    const bench = new Bench();
    bench.mining();
    const report = (hashesPerSecond: number) => sent(bench.input({ type: 'hashrate', device: 0, hashesPerSecond }));
    expect(report(1.05e6)).toEqual([]);
    expect(report(2e6)).toMatchObject([{ name: 'UpdateChannel', value: { channelId: 11, nominalHashRate: 2e6 } }]);
    expect(report(4e6)).toEqual([]);
    bench.ms += 10_000;
    expect(report(4e6)).toHaveLength(1);
  });
});

describe('DeviceCore reconnects', () => {
  it('after a loss, with backoff, to the next upstream, and starts over after work', () => {
    const bench = new Bench({ upstreams: [POOL, SPARE] });
    bench.mining();
    const waits: number[] = [];
    const hosts: string[] = [];
    for (let i = 0; i < 5; i++) {
      const outputs = bench.input({ type: 'disconnected', connection: bench.connection, reason: 'refused' });
      if (i === 0) expect(shape(outputs)).toEqual(['disconnected', 'search']);
      const lost = events(outputs)[0]!;
      if (lost.type !== 'disconnected') throw new Error('no event');
      waits.push(lost.retryInMs);
      expect(bench.core.deadline).toBe(bench.ms + lost.retryInMs);
      bench.ms += lost.retryInMs - 1;
      expect(bench.input({ type: 'tick' })).toEqual([]);
      bench.ms += 1;
      const [connecting] = events(bench.input({ type: 'tick' }));
      if (connecting?.type === 'connecting') hosts.push(connecting.host);
    }
    expect(waits).toEqual([50, 100, 200, 400, 500]);
    expect(hosts.map((host) => host[0]).join('')).toBe('psspp');
    bench.mining();
    expect(bench.input({ type: 'disconnected', connection: bench.connection, reason: 'lost' })).toMatchObject([
      { event: { retryInMs: 50 } },
      { type: 'search', order: undefined },
    ]);
  });

  it('and ignores what an old connection still says', () => {
    const bench = new Bench();
    bench.mining();
    const old = bench.connection;
    bench.input({ type: 'disconnected', connection: old, reason: 'lost' });
    expect(bench.input({ type: 'disconnected', connection: old, reason: 'again' })).toEqual([]);
    expect(bench.message('SetNewPrevHash', {})).toEqual([]);
  });

  it.each([
    ['no channel is opened', (bench: Bench) => bench.connect(), 60_000, 'no-work'],
    ['no job comes', (bench: Bench) => [bench.connect(), bench.open(1)], 60_000, 'no-work'],
    ['the upstream falls silent', (bench: Bench) => bench.mining(), 180_000, 'silent-upstream'],
  ])('when %s', (_name, prepare, afterMs, reason) => {
    const bench = new Bench();
    prepare(bench);
    expect(bench.core.deadline).toBe(bench.ms + afterMs);
    bench.ms += afterMs - 1;
    expect(bench.input({ type: 'tick' })).toEqual([]);
    bench.ms += 1;
    expect(bench.input({ type: 'tick' })[0]).toEqual({ type: 'close', to: 1, reason });
  });

  it('when the upstream breaks the protocol', () => {
    const bench = new Bench();
    bench.mining();
    const outputs = bench.message('SetNewPrevHash', {
      channelId: 11,
      jobId: 99,
      prevHash: bytes(32, 0),
      minNtime: 0,
      nbits: 0,
    });
    expect(outputs[0]).toEqual({ type: 'close', to: 1, reason: 'prev-hash-for-unknown-job' });
    expect(shape(outputs)).toEqual(['close', 'disconnected', 'search']);
  });
});

describe('DeviceCore and channels that are refused or closed', () => {
  it('gives up a connection on which every channel was refused', () => {
    const bench = new Bench();
    bench.connect();
    const outputs = bench.message('OpenMiningChannel.Error', { requestId: 1, errorCode: 'unknown-user' });
    expect(shape(outputs)).toEqual(['channelRefused', 'close', 'disconnected']);
  });

  it('asks again later for a device that alone was refused', () => {
    const bench = new Bench({}, 2);
    bench.connect();
    bench.open(1);
    bench.job(11, 1);
    const refused = { requestId: 2, errorCode: 'channel-capacity-exhausted' };
    expect(shape(bench.message('OpenMiningChannel.Error', refused))).toEqual(['channelRefused']);
    expect(bench.core.deadline).toBe(bench.ms + 15_000);
    bench.ms += 15_000;
    expect(sent(bench.input({ type: 'tick' }))).toMatchObject([{ value: { requestId: 3, userIdentity: 'u.1' } }]);
    expect(bench.input({ type: 'tick' })).toEqual([]);
  });

  it('stops a device whose channel is closed, and asks again later', () => {
    const bench = new Bench();
    bench.mining();
    const outputs = bench.message('CloseChannel', { channelId: 11, reasonCode: 'payout' });
    expect(shape(outputs)).toEqual(['channelClosed', 'search', 'channels']);
    bench.ms += 15_000;
    expect(sent(bench.input({ type: 'tick' }))).toMatchObject([{ name: 'OpenStandardMiningChannel' }]);
  });
});

describe('DeviceCore redirected', () => {
  it('goes to the new host with the same authority key, and back to the list if that fails', () => {
    const bench = new Bench();
    bench.mining();
    const outputs = bench.message('Reconnect', { newHost: 'other.example', newPort: 0 });
    expect(shape(outputs)).toEqual(['redirected', 'close', 'disconnected', 'search']);
    expect(bench.input({ type: 'tick' })[1]).toMatchObject({
      upstream: { host: 'other.example', port: 3333, key: 'K' },
    });
    bench.input({ type: 'disconnected', connection: bench.connection, reason: 'refused' });
    bench.ms += 50;
    expect(bench.input({ type: 'tick' })[1]).toMatchObject({ upstream: POOL });
  });

  it('waits a random part of a second, so that devices do not come all at once', () => {
    const bench = new Bench({ random: () => 0.5 });
    bench.mining();
    bench.message('Reconnect', { newHost: '', newPort: 4444 });
    expect(bench.core.deadline).toBe(bench.ms + 500);
    bench.ms += 500;
    expect(bench.input({ type: 'tick' })[1]).toMatchObject({ upstream: { host: 'pool.example', port: 4444 } });
  });

  it('refuses hosts it must not go to, and keeps mining', () => {
    const bench = new Bench();
    bench.mining();
    const outputs = bench.message('Reconnect', { newHost: '127.0.0.1', newPort: 1 });
    expect(events(outputs)).toEqual([{ type: 'redirectRefused', reason: 'private-host' }]);
    expect(bench.core.take(0, 1, bench.now)).toBeDefined();
  });

  it('is not kept on the move, whatever work it gets in between', () => {
    const bench = new Bench();
    for (let i = 0; i < DEFAULT_REDIRECTION_LIMITS.maxInARow; i++) {
      bench.mining();
      expect(shape(bench.message('Reconnect', { newHost: '', newPort: 0 }))).toContain('redirected');
      bench.input({ type: 'tick' });
    }
    bench.mining();
    expect(events(bench.message('Reconnect', { newHost: '', newPort: 0 }))).toEqual([
      { type: 'redirectRefused', reason: 'too-many-redirects' },
    ]);
    expect(bench.core.take(0, 1, bench.now)).toBeDefined();
  });
});
