/** A translator in a process of its own, so that its time and memory can be told from those of others. Talks by IPC. */
import type { Connection } from '@stratumkit/connection';
import { Meter } from '../../../pool/bench/support/meter.ts';
import { createTranslator, defaultModules, type Translator } from '../../src/index.ts';
import type { TranslatorAnswer, TranslatorRequest } from './protocol.ts';

const MANY = 1e9;

let translator: Translator | undefined;
let upstream: Pick<Connection<'mining'>, 'counters'> | undefined;
let bytesBefore = 0;
const meter = new Meter();

process.on('message', (request: TranslatorRequest) => void serve(request).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit());

async function serve(request: TranslatorRequest): Promise<TranslatorAnswer> {
  switch (request.type) {
    case 'start':
      translator = await createTranslator(
        {
          listen: { host: '127.0.0.1', port: 0 },
          upstreams: [{ host: '127.0.0.1', port: request.upstreamPort, userIdentity: 'bench' }],
          security: 'unverified',
          aggregateChannels: true,
          // The pool's difficulty, which every hash meets.
          difficulty: { sharesPerMinute: 6, minerHashrate: 1e-9, vardiff: false },
          maxConnectionsPerAddress: 20_000,
          lineLimits: { linesPerSecond: MANY, lineBurst: MANY },
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
      );
      return { type: 'started', port: translator.address.port };
    case 'measure': {
      const { bytesReceived = 0, bytesSent = 0 } = upstream?.counters ?? {};
      const bytes = bytesReceived + bytesSent;
      const upstreamBytes = bytes - bytesBefore;
      bytesBefore = bytes;
      return { type: 'measured', ...meter.measure(), miners: translator?.core.minerCount ?? 0, upstreamBytes };
    }
    case 'stop':
      await translator?.close();
      return { type: 'stopped' };
  }
}
