import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { createMiningDevice } from '@stratumkit/mining-device';
import { ATTACKS, forkAttackers } from '@stratumkit/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';

const COPIES = Math.ceil(200 / ATTACKS.length);
const MEMORY_MARGIN = 64 * 1024 * 1024;

interface Report {
  readonly memory: { readonly rss: number };
  readonly connections: number;
  readonly channels: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly delayMs: { readonly p99: number; readonly max: number };
}

let server: ChildProcess;
let port: number;

beforeAll(async () => {
  server = fork(new URL('./hostilePool.ts', import.meta.url), {
    execArgv: ['--conditions=@stratumkit/source', '--expose-gc'],
  });
  const [message] = (await once(server, 'message')) as [{ port: number }];
  port = message.port;
});

afterAll(async () => {
  const exited = once(server, 'exit');
  server.send('stop');
  expect(await exited).toEqual([0, null]);
});

async function report(): Promise<Report> {
  server.send('report');
  const [answer] = (await once(server, 'message')) as [Report];
  return answer;
}

/** A real device, with what became of the shares it found. */
async function startControl() {
  const answers = { found: 0, accepted: 0, rejected: [] as string[], disconnects: 0 };
  let onAnswer = () => {};
  const device = await createMiningDevice({
    upstreams: [{ host: '127.0.0.1', port }],
    security: 'unverified',
    userIdentity: 'control',
    hashrate: 20_000,
    workers: 1,
    onEvent: (event) => {
      if (event.type === 'shareFound') answers.found++;
      if (event.type === 'sharesAccepted') answers.accepted += event.count;
      if (event.type === 'shareRejected') answers.rejected.push(event.errorCode);
      if (event.type === 'disconnected') answers.disconnects++;
      onAnswer();
    },
  });
  const until = (condition: () => boolean) =>
    new Promise<void>((resolve) => {
      onAnswer = () => {
        if (condition()) resolve();
      };
      onAnswer();
    });
  const isAnswered = () => answers.accepted + answers.rejected.length === answers.found;
  return { answers, until, isAnswered, close: () => device.close() };
}

/** How often each cause must be counted, by the attacks that can end in no other way. */
function atLeast(): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { causes } of ATTACKS) {
    const [cause] = causes;
    if (cause !== undefined && causes.length === 1) counts[cause] = (counts[cause] ?? 0) + COPIES;
  }
  return counts;
}

it('a pool closes 200 hostile connections by their limits, and a device has every share answered', {
  timeout: 180_000,
}, async () => {
  const control = await startControl();
  await control.until(() => control.answers.accepted > 0);
  const idle = await report();

  const attackers = await forkAttackers({ host: '127.0.0.1', port }, COPIES);
  const before = control.answers.found;
  await control.until(() => control.answers.found > before && control.isAnswered());

  let after = await report();
  while (after.connections > 1) after = await report();
  const closed = Object.values(after.counts).reduce((sum, count) => sum + count, 0);
  expect(closed).toBe(attackers);
  for (const [cause, count] of Object.entries(atLeast())) {
    expect({ cause, met: (after.counts[cause] ?? 0) >= count }).toEqual({ cause, met: true });
  }
  expect(after.channels).toBe(1);
  expect(control.answers.disconnects).toBe(0);
  expect(control.answers.rejected.filter((code) => code !== 'stale-share')).toEqual([]);
  expect(control.answers.accepted).toBeGreaterThan(0);
  expect(after.memory.rss - idle.memory.rss).toBeLessThan(MEMORY_MARGIN);
  await control.close();
});
