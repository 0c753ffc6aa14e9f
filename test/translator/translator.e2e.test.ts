import { once } from 'node:events';
import { connect } from 'node:tls';
import { afterEach, expect, it } from 'vitest';
import { TEST_TLS } from '../../packages/transport/test/testCertificate.ts';
import { Stage } from './stage.ts';

let stage: Stage;
afterEach(() => stage.resources.close());

it.each([true, false])('SV1 miners mine on the pool, one channel for all: %s', async (aggregateChannels) => {
  stage = await Stage.start({ aggregateChannels });
  expect(stage.pool.status.connections).toBe(0);
  const miners = await Promise.all([stage.miner('a.plain'), stage.miner('a.rolling', 0xffffffff)]);
  for (let round = 0; round < 3; round++) for (const miner of miners) await miner.mine();
  for (const { accepted, refusals } of miners) {
    expect(refusals).toEqual([]);
    expect(accepted).toBe(3);
  }
  const forwarded = () => stage.events.filter((event) => event.type === 'share' && event.forwarded).length;
  await stage.until(() => stage.poolCount('share') === forwarded());
  expect(stage.poolCount('shareRejected')).toBe(0);
  expect(forwarded()).toBeGreaterThan(0);
  const workers = stage.poolEvents.flatMap((event) => (event.type === 'share' ? [event.worker] : []));
  for (const worker of workers) expect(['plain', 'rolling']).toContain(worker);
  expect(stage.pool.status.channels).toBe(aggregateChannels ? 1 : 3);

  await miners[0]!.close();
  await stage.until(() => stage.count('minerGone') === 1);
  if (!aggregateChannels) await stage.until(() => stage.pool.status.channels === 2);
});

it('miners stay when the pool goes, and hear when it does not come back', async () => {
  stage = await Stage.start({ limits: { noWorkMs: 1_500 } });
  const miner = await stage.miner('a.1');
  await miner.mine();
  await stage.pool.close();
  await stage.until(() => stage.count('upstreamFailed') > 0);
  expect(miner.closedBecause).toBeUndefined();
  await miner.until(() => miner.closedBecause !== undefined);
  expect(stage.events).toContainEqual(expect.objectContaining({ type: 'minerClosed', reason: 'no-upstream' }));
});

it('says goodbye', async () => {
  stage = await Stage.start();
  const miner = await stage.miner('a.1');
  await Promise.all([stage.translator.close(), miner.until(() => miner.closedBecause !== undefined)]);
  expect(miner.closedBecause).toBe('peer-closed');
});

it('speaks TLS where it is told to', async () => {
  stage = await Stage.start({ tls: TEST_TLS });
  const socket = connect({ ...stage.translator.address, rejectUnauthorized: false });
  socket.write(
    '{"id":1,"method":"mining.subscribe","params":[]}\n{"id":2,"method":"mining.authorize","params":["a.1","x"]}\n',
  );
  let heard = '';
  while (!heard.includes('"method":"mining.notify"')) heard += String((await once(socket, 'data'))[0]);
  expect(heard).toContain('{"id":2,"result":true,"error":null}');
  socket.destroy();
  await stage.until(() => stage.count('minerGone') === 1);
});
