import { type ChildProcess, spawn } from 'node:child_process';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Frame } from '@stratumkit/framing';
import { SubmitSharesStandard } from '@stratumkit/messages/mining';
import { decodeAuthoritySecretKey } from '@stratumkit/noise';
import { randomBytes, readClock } from '@stratumkit/runtime';
import { Sv2Peer } from '../src/wire/peer.ts';
import type { Security } from '../src/wire/sv2Codec.ts';
import { KEYS } from '../test/helpers.ts';

const ROUND_TRIPS = 3_000;
const WARM_UP = 500;
const BATCH = 100;
const MAIN = join(import.meta.dirname, '../src/main.ts');
const edge = { random: randomBytes, unixSeconds: () => readClock().unixSeconds };
const never = new AbortController().signal;
const NO_OPTIONS = { split: [], delayMs: 0, corrupt: [] };

/**
 * What the command adds to a message on an encrypted connection over loopback, decoding and printing included: half of what a round trip
 * through it takes longer than a direct one. Both are measured in turns.
 */
export async function run() {
  const responder: Security = { type: 'responder', authoritySecretKey: decodeAuthoritySecretKey(KEYS.secret_key) };
  const server = createServer((socket) => void echo(new Sv2Peer(socket, responder, edge)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
  const upstream = ['--upstream', `stratum2+tcp://127.0.0.1:${port}/${KEYS.pub_key}`];
  const args = ['--conditions=@stratumkit/source', MAIN, 'intercept', '--listen', '127.0.0.1:0', ...upstream];
  const interceptor = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  try {
    const direct = await client(port);
    const through = await client(await portOf(interceptor));
    const samples = { direct: [] as number[], through: [] as number[] };
    for (let done = 0; done < ROUND_TRIPS + WARM_UP; done += BATCH) {
      await roundTrips(direct, done < WARM_UP ? [] : samples.direct);
      await roundTrips(through, done < WARM_UP ? [] : samples.through);
    }
    direct.destroy();
    through.destroy();
    const added = (quantile: number) => (at(samples.through, quantile) - at(samples.direct, quantile)) / 2;
    const row = (name: string, of: (quantile: number) => number) => ({
      name,
      unit: 'ms',
      median: of(0.5),
      p95: of(0.95),
      p99: of(0.99),
      samples: ROUND_TRIPS,
    });
    return [
      row('round trip of a share, encrypted, direct', (quantile) => at(samples.direct, quantile)),
      row('the same through the interceptor', (quantile) => at(samples.through, quantile)),
      row('added by the interceptor to one message', added),
    ];
  } finally {
    interceptor.kill();
    server.close();
  }
}

async function echo(peer: Sv2Peer): Promise<void> {
  await peer.ready;
  for (;;) {
    const taken = await peer.inbox.take(undefined, never);
    if (taken.kind !== 'item') return;
    await peer.sendFrame(taken.item.frame, undefined, NO_OPTIONS);
  }
}

async function client(port: number): Promise<Sv2Peer> {
  const socket = await new Promise<Socket>((resolve, reject) => {
    const opening = connect(port, '127.0.0.1', () => resolve(opening));
    opening.once('error', reject);
  });
  const peer = new Sv2Peer(socket, { type: 'initiator', authorityPublicKey: 'unverified' }, edge);
  await peer.ready;
  return peer;
}

async function roundTrips(peer: Sv2Peer, samples: number[]): Promise<void> {
  for (let count = 0; count < BATCH; count++) {
    const payload = SubmitSharesStandard.encode({
      channelId: 1,
      sequenceNumber: count,
      jobId: 1,
      nonce: count,
      ntime: 0,
      version: 0,
    });
    const { messageType, extensionType, channelMessage } = SubmitSharesStandard;
    const frame: Frame = { messageType, extensionType, channelMessage, payload };
    const started = performance.now();
    await peer.sendFrame(frame, undefined, NO_OPTIONS);
    const taken = await peer.inbox.take(10_000, never);
    if (taken.kind !== 'item') throw new Error(`no echo: ${taken.kind}`);
    samples.push(performance.now() - started);
  }
}

function at(samples: readonly number[], quantile: number): number {
  const sorted = samples.toSorted((left, right) => left - right);
  return sorted[Math.floor(sorted.length * quantile)] ?? 0;
}

function portOf(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return;
    createInterface({ input: child.stderr }).on('line', (line) => {
      const port = /listening on 127\.0\.0\.1:(\d+)/.exec(line)?.[1];
      if (port !== undefined) resolve(Number(port));
    });
    child.once('exit', () => reject(new Error('the interceptor ended')));
  });
}
