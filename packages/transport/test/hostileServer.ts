/** The responder in a process of its own, so that its memory and its timers can be judged. Talks to the test by IPC. */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startResponder } from './support.ts';

const delays = monitorEventLoopDelay({ resolution: 5 });
delays.enable();

const listener = await startResponder({
  limits: {
    firstChannelTimeoutMs: 12_000,
    budgetPatienceMs: 4_000,
    budgets: {
      share: { perSecond: 200, perChannel: 200, burstSeconds: 2 },
      open: { perSecond: 100, perChannel: 0, burstSeconds: 2 },
      work: { perSecond: 100, perChannel: 0, burstSeconds: 2 },
      request: { perSecond: 100, perChannel: 0, burstSeconds: 2 },
      unknown: { perSecond: 1, perChannel: 0, burstSeconds: 100 },
    },
  },
});

process.on('message', (request) => {
  if (request === 'stop') {
    void listener.close({ drainMs: 500 }).then(() => process.disconnect());
    return;
  }
  // A plain collection leaves V8 its emptied pages, which count as the process's memory.
  global.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  process.send?.({
    rss: process.memoryUsage().rss,
    links: listener.links.size,
    counts: Object.fromEntries(listener.closeCounts),
    delayP99Ms: delays.percentile(99) / 1e6,
    delayMaxMs: delays.max / 1e6,
  });
  delays.reset();
});

process.send?.({ port: listener.address.port });
