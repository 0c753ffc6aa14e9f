import { UsageError } from '@stratumkit/codec';
import { Connection, ConnectionGate, type ConnectionOptions, type ConnectionSecurity } from '@stratumkit/connection';
import { formatSocketAddress, Resources } from '@stratumkit/runtime';
import { DataDirectory } from './dataDirectory.ts';
import type { TemplateProviderEvent } from './events.ts';
import { defaultModules, type TemplateProviderModules } from './modules.ts';
import type { TemplateProviderOptions } from './options.ts';
import { ProviderMachine } from './providerMachine.ts';
import { createSecurity } from './security.ts';
import type { FoundBlock } from './source.ts';

/** A template provider that runs. */
export interface TemplateProvider {
  readonly address: { readonly host: string; readonly port: number };
  /** base58check; undefined without encryption. */
  readonly authorityPublicKey: string | undefined;
  readonly clients: number;
  /** Finds a block on the embedded chain, now, with what waits to be confirmed. Throws UsageError where templates come from a node. */
  findBlock(): FoundBlock;
  /** Each block of the active chain as hex, from height 1. */
  exportBlocks(): AsyncIterable<string>;
  close(): Promise<void>;
}

const DEFAULT_MAXIMUM_CONNECTIONS = 256;
/** A template's transactions are one frame of up to 4 MB; a few of them may wait for a slow client. */
const MAXIMUM_QUEUED_BYTES = 16 * 1024 * 1024;

/** Starts a template provider; what fails on the way is undone. */
export async function createTemplateProvider(
  options: TemplateProviderOptions,
  modules: TemplateProviderModules = defaultModules,
  onEvent: (event: TemplateProviderEvent) => void = () => undefined,
): Promise<TemplateProvider> {
  const resources = new Resources();
  try {
    const data = options.dataDir === undefined ? undefined : new DataDirectory(options.dataDir);
    if (data !== undefined) resources.add('data directory', () => data.close());
    const { security, authorityPublicKey } = createSecurity(options, modules, data);
    const source = modules.createSource(options, modules, data);
    const machine = new ProviderMachine(options, modules, source, onEvent);
    resources.add('machine', () => machine.close());
    const listener = await modules.listen({
      ...options.listen,
      ...(modules.logger && { logger: modules.logger }),
      clock: modules.clock,
      gate: new ConnectionGate({ maxConnections: options.maximumConnections ?? DEFAULT_MAXIMUM_CONNECTIONS }),
      createConnection: (_, now) => new Connection(connectionOptions(security), now),
      onEvent: (event, link) => machine.receive(event, link),
      signal: resources.signal,
    });
    resources.add('listener', () => listener.close());
    resources.add('source', () => source.close());
    await source.start(machine.sink);
    const { address } = listener;
    onEvent({ type: 'listening', address: formatSocketAddress(address), authorityPublicKey });
    return {
      address,
      authorityPublicKey,
      get clients() {
        return machine.clients;
      },
      findBlock() {
        if (source.findBlock === undefined)
          throw new UsageError('no-chain', 'blocks are found on the embedded chain only');
        return source.findBlock();
      },
      exportBlocks: () => source.exportBlocks(),
      close: () => resources.close(),
    };
  } catch (error) {
    await resources.close();
    throw error;
  }
}

function connectionOptions(security: ConnectionSecurity): ConnectionOptions<'template-distribution'> {
  return {
    protocol: 'template-distribution',
    security,
    setup: { side: 'server', supportedFlags: 0, policy: () => ({ accept: true, flags: 0 }) },
    limits: { maxQueuedBytes: MAXIMUM_QUEUED_BYTES },
  };
}
