/** A proxy in a process of its own, so that its time and memory can be told from those of others. Talks by IPC. */
import type { Connection } from '@stratumkit/connection';
import { UNMETERED } from '../../../pool/bench/support/limits.ts';
import { Meter } from '../../../pool/bench/support/meter.ts';
import { createProxy, defaultModules, type RunningProxy } from '../../src/index.ts';
import type { ProxyAnswer, ProxyRequest, Traffic } from './protocol.ts';

let proxy: RunningProxy | undefined;
let upstream: Pick<Connection<'mining'>, 'counters'> | undefined;
let before: Traffic = { bytes: 0, frames: 0 };
const meter = new Meter();

process.on('message', (request: ProxyRequest) => void serve(request).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit());

async function serve(request: ProxyRequest): Promise<ProxyAnswer> {
  switch (request.type) {
    case 'start': {
      const { upstreamPort: port, mode, shareBatchSize } = request;
      let working!: () => void;
      const hasWork = new Promise<void>((resolve) => {
        working = resolve;
      });
      proxy = await createProxy(
        {
          listen: { host: '127.0.0.1', port: 0 },
          upstreams: [{ host: '127.0.0.1', port, userIdentity: 'bench' }],
          upstreamSecurity: 'unverified',
          authoritySecretKey: new Uint8Array(32).fill(0x42),
          mode,
          minHashrate: 1e-9,
          vardiff: false,
          shareBatchSize,
          // The proxy itself is what is measured, not its patience.
          connectionLimits: UNMETERED,
          clientLimits: { pendingSharesPerChannel: 1_000_000, pendingSharesInAll: 1_000_000 },
        },
        {
          ...defaultModules,
          connect: (options) =>
            defaultModules.connect({
              ...options,
              createConnection: (now) => {
                const connection = options.createConnection(now);
                upstream = connection as unknown as Connection<'mining'>;
                return connection;
              },
            }),
        },
        (event) => {
          if (event.type === 'upstreamActive') working();
        },
      );
      await hasWork;
      return { type: 'started', port: proxy.address.port };
    }
    case 'measure': {
      const { connections = 0, channels = 0, totals } = proxy?.status ?? {};
      const { bytes, frames } = traffic();
      const since = { bytes: bytes - before.bytes, frames: frames - before.frames };
      before = { bytes, frames };
      const sharesForwarded = totals?.sharesForwarded ?? 0;
      return { type: 'measured', ...meter.measure(), connections, channels, upstream: since, sharesForwarded };
    }
    case 'stop':
      await proxy?.close();
      return { type: 'stopped' };
  }
}

function traffic(): Traffic {
  if (upstream === undefined) return { bytes: 0, frames: 0 };
  const { bytesReceived, bytesSent, framesReceived, framesSent } = upstream.counters;
  return { bytes: bytesReceived + bytesSent, frames: framesReceived + framesSent };
}
