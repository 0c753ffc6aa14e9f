/** A pool in a process of its own, so that its time and memory can be told from those of its clients. Talks by IPC. */
import { createPool, type Pool } from '../../src/index.ts';
import { Meter } from './meter.ts';
import type { Answer, Request } from './protocol.ts';

let pool: Pool | undefined;
const meter = new Meter();

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
        // By default every hash is a share.
        minHashrate: request.minHashrate ?? 1e-9,
        shareBatchSize: request.shareBatchSize,
        ...(request.vardiff !== undefined && { vardiff: request.vardiff }),
        ...(request.connectionLimits !== undefined && { connectionLimits: request.connectionLimits }),
      });
      return { type: 'started', port: pool.address.port };
    case 'measure':
      return { type: 'measured', ...meter.measure(), ...(pool?.status ?? { connections: 0, channels: 0 }) };
    case 'stop':
      await pool?.close();
      return { type: 'stopped' };
  }
}
