import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { encodeFrame } from '@stratumkit/framing';
import { OpenStandardMiningChannel } from '@stratumkit/messages/mining';
import { ATTACKS, forkAttackers } from '@stratumkit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { share, TestClient } from './support.ts';

/** Attackers at once: each attack is made by so many. */
const COPIES = Math.ceil(200 / ATTACKS.length);
const MEMORY_MARGIN = 64 * 1024 * 1024;

interface Report {
  readonly rss: number;
  readonly links: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
}

let server: ChildProcess;
let port: number;

beforeAll(async () => {
  server = fork(new URL('./hostileServer.ts', import.meta.url), {
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

/** A device that sends a share, waits for its answer, sends the next, until it is told to stop. */
async function controlDevice() {
  const client = await TestClient.connect(port);
  expect(await client.event()).toMatchObject({ type: 'ready' });
  const maxTarget = new Uint8Array(32).fill(0xff);
  const request = { requestId: 1, userIdentity: 'control', nominalHashRate: 1e12, maxTarget };
  client.link.send(encodeFrame(OpenStandardMiningChannel, request));
  expect(await client.event()).toMatchObject({ message: { name: 'OpenStandardMiningChannel.Success' } });
  let isStopped = false;
  let sequence = 0;
  const mine = async () => {
    for (; !isStopped; sequence++) {
      client.link.send(share(sequence));
      expect(await client.event()).toMatchObject({
        message: { name: 'SubmitShares.Success', value: { lastSequenceNumber: sequence, newSubmitsAcceptedCount: 1 } },
      });
    }
  };
  const running = mine();
  return {
    async stop() {
      isStopped = true;
      await running;
      client.link.close();
      await client.link.closed;
      return sequence;
    },
  };
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

describe('200 hostile connections', () => {
  it('are each closed by their named limit, while a device has every share answered', {
    timeout: 110_000,
  }, async () => {
    const idle = await report();
    const control = await controlDevice();
    const attackers = await forkAttackers({ host: '127.0.0.1', port }, COPIES);
    const answered = await control.stop();

    const expected = attackers + 1;
    let after = await report();
    while (after.links > 0) after = await report();
    expect(Object.values(after.counts).reduce((sum, count) => sum + count, 0)).toBe(expected);
    for (const [cause, count] of Object.entries(atLeast())) {
      expect({ cause, met: (after.counts[cause] ?? 0) >= count }).toEqual({ cause, met: true });
    }
    expect(answered).toBeGreaterThan(0);
    expect(after.rss - idle.rss).toBeLessThan(MEMORY_MARGIN);
  });
});
