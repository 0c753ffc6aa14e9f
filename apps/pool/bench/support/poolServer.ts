/** A pool in a process of its own, so that its time and memory can be told from those of its clients. Talks by IPC. */
import { createPool, type Pool } from '../../src/index.ts';
import type { Answer, Measured, Request } from './protocol.ts';

const TIMER_MS = 10;

let pool: Pool | undefined;
let cpu = process.cpuUsage();
let since = performance.now();
let lateness: number[] = [];
watchTimers();

process.on('message', (request: Request) => void serve(request).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit());

async function serve(request: Request): Promise<Answer> {
  switch (request.type) {
    case 'start':
      pool = await createPool({
        listen: { host: '127.0.0.1', port: 0 },
        templateProvider: { host: '127.0.0.1', port: request.templateProviderPort },
        templateProviderSecurity: 'unverified',
        authoritySecretKey: new Uint8Array(32).fill(0x42),
        network: 'regtest',
        coinbaseRewardScript: Uint8Array.of(0x51),
        // Every hash is a share.
        minHashrate: 1e-9,
        shareBatchSize: request.shareBatchSize,
        ...(request.connectionLimits !== undefined && { connectionLimits: request.connectionLimits }),
      });
      return { type: 'started', port: pool.address.port };
    case 'measure':
      return { type: 'measured', ...measure() };
    case 'stop':
      await pool?.close();
      return { type: 'stopped' };
  }
}

function measure(): Measured {
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - since;
  const sorted = lateness.sort((a, b) => a - b);
  const at = (part: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
  const timerLatenessMs = { p50: at(0.5), p99: at(0.99), max: at(1) };
  global.gc?.();
  global.gc?.();
  const { rss, heapUsed: heap, external } = process.memoryUsage();
  const { connections = 0, channels = 0 } = pool?.status ?? {};
  cpu = process.cpuUsage();
  since = performance.now();
  lateness = [];
  return {
    cpuMs: (user + system) / 1000,
    wallMs,
    rss,
    heap,
    held: heap + external,
    timerLatenessMs,
    connections,
    channels,
  };
}

function watchTimers(): void {
  const due = performance.now() + TIMER_MS;
  setTimeout(() => {
    lateness.push(Math.max(0, performance.now() - due));
    watchTimers();
  }, TIMER_MS);
}
