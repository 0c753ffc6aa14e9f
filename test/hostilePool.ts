/** Chain, template provider and pool in a process of their own. Talks to the test by IPC. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createPool, defaultModules as poolModules } from '@stratumkit/pool';
import { randomBytes } from '@stratumkit/runtime';
import { createTemplateProvider } from '@stratumkit/template-provider';

const HOST = '127.0.0.1';
const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();

const provider = await createTemplateProvider({
  listen: { host: HOST, port: 0 },
  source: { type: 'regtest', blockInterval: 10, expectedHashrate: 20_000, transactionsPerSecond: 1, seed: 1 },
  insecure: true,
});

let accepted = 0;
let rejected = 0;
const pool = await createPool(
  {
    listen: { host: HOST, port: 0 },
    templateProvider: provider.address,
    templateProviderSecurity: 'plain',
    authoritySecretKey: randomBytes(32),
    network: 'regtest',
    coinbaseRewardScript: Uint8Array.of(0x51),
    sharesPerMinute: 240,
    minHashrate: 1,
    // The defaults are 60 s each, which is long to wait for.
    connectionLimits: { firstChannelTimeoutMs: 15_000, budgetPatienceMs: 10_000 },
  },
  poolModules,
  (event) => {
    if (event.type === 'share') accepted++;
    if (event.type === 'shareRejected') rejected++;
  },
);

process.on('message', (request) => {
  if (request === 'stop') {
    void pool
      .close()
      .then(() => provider.close())
      .then(() => process.disconnect());
    return;
  }
  // A plain collection leaves V8 its emptied pages, which count as the process's memory.
  global.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { connections, channels } = pool.status;
  process.send?.({
    memory: { rss: process.memoryUsage().rss },
    connections,
    channels,
    accepted,
    rejected,
    counts: Object.fromEntries(pool.closeCounts),
    delayMs: { p99: delays.percentile(99) / 1e6, max: delays.max / 1e6 },
  });
  delays.reset();
});

process.send?.({ port: pool.address.port });
