import type { Connection } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import { SetupConnectionSuccess } from '@stratumkit/messages/common';
import type { connect } from '@stratumkit/transport';
import { expect, it } from 'vitest';
import { createMiningDevice } from '../src/index.ts';

it('mines without extensions on a server that twice kept silent about them', async () => {
  let ms = 0;
  // Whoever looks at the clock finds that two seconds have passed: no timer has to be waited for.
  const clock = () => {
    ms += 2_000;
    return { monotonicMs: ms, unixSeconds: 1_700_000_000 };
  };
  const asked: boolean[] = [];
  let onReady = (): void => undefined;
  const ready = new Promise<void>((resolve) => {
    onReady = resolve;
  });
  const silentServer = async (options: Parameters<typeof connect<'mining'>>[0]) => {
    const connection = options.createConnection(clock()) as Connection<'mining'>;
    const link = { send() {}, close() {}, setOpenChannels() {}, closed: Promise.resolve() } as never;
    connection.push(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags: 0 }), clock());
    let event = connection.next();
    asked.push(connection.state === 'negotiating');
    if (event === undefined) {
      connection.tick({ monotonicMs: connection.deadline!, unixSeconds: 0 });
      event = connection.next();
    }
    options.onEvent(event!, link, clock());
    if (event?.type === 'ready') onReady();
    return link;
  };
  const device = await createMiningDevice(
    {
      upstreams: [{ host: 'pool.example', port: 1 }],
      security: 'plain',
      userIdentity: 'alice',
      channel: 'extended',
      workerTracking: true,
      hashrate: 1,
      workers: 1,
    },
    { connect: silentServer as typeof connect, clock },
  );
  await ready;
  expect(asked).toEqual([true, true, false]);
  await device.close();
});
