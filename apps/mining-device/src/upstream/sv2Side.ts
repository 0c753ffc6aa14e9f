import { type ClosedEvent, type ConnectionEvent, SilentServers } from '@stratumkit/connection';
import { DeviceCore, type DeviceInput, type DeviceOutput } from '@stratumkit/roles';
import type { Link } from '@stratumkit/transport';
import type { MiningDeviceModules } from '../modules.ts';
import { type DeviceUpstream, identityOf, type MiningDeviceOptions } from '../options.ts';
import { CoreSide } from './coreSide.ts';
import { createUpstreamConnection, wantedExtensions } from './sv2Connection.ts';
import type { UpstreamSideOwner } from './upstreamSide.ts';

/** SV2 devices and their connections. */
export class Sv2Side extends CoreSide<DeviceInput, DeviceOutput<DeviceUpstream>, Link<'mining'>> {
  readonly #options: MiningDeviceOptions;
  readonly #modules: MiningDeviceModules;
  readonly #owner: UpstreamSideOwner;
  readonly #silentServers = new SilentServers();

  constructor(
    options: MiningDeviceOptions,
    modules: MiningDeviceModules,
    owner: UpstreamSideOwner,
    nominalHashrate: number,
  ) {
    const { channel, connections, minExtranonceSize, rollVersion, tlvByteOrder } = options;
    const core = new DeviceCore<DeviceUpstream>({
      devices: owner.names.map((name) => ({
        name,
        userIdentity: identityOf(options, name),
        nominalHashrate,
      })),
      upstreams: options.upstreams,
      channel: channel ?? 'standard',
      connections: connections ?? 'each',
      random: modules.random,
      ...(minExtranonceSize === undefined ? {} : { minExtranonceSize }),
      ...(rollVersion === undefined ? {} : { rollVersion }),
      ...(tlvByteOrder === undefined ? {} : { tlvByteOrder }),
    });
    super(core, modules.clock);
    this.#options = options;
    this.#modules = modules;
    this.#owner = owner;
  }

  measured(device: number, hashesPerSecond: number): void {
    this.handle({ type: 'hashrate', device, hashesPerSecond });
  }

  protected perform(output: DeviceOutput<DeviceUpstream>): void {
    switch (output.type) {
      case 'send': {
        const { frame, kind, channelId } = output;
        for (const connection of output.to) {
          this.links.get(connection)?.send(frame, { kind, ...(channelId === undefined ? {} : { channelId }) });
        }
        return;
      }
      case 'close': {
        const link = this.links.get(output.to);
        this.links.delete(output.to);
        link?.close('role-decision', { reason: output.reason });
        return;
      }
      case 'connect':
        void this.#connect(output.connection, output.upstream);
        return;
      case 'channels':
        this.links.get(output.connection)?.setOpenChannels(output.open);
        return;
      case 'search':
        this.#owner.setWorking(output.device, output.order !== undefined);
        return;
      case 'event':
        this.#owner.onEvent(output.event);
        return;
    }
  }

  async #connect(connection: number, upstream: DeviceUpstream): Promise<void> {
    const { host, port } = upstream;
    const { log } = this.#modules;
    const server = `${host}:${port}`;
    const wanted = wantedExtensions(this.#options);
    const { monotonicMs } = this.#modules.clock();
    const extensions = wanted && this.#silentServers.extensionsFor(server, wanted, monotonicMs);
    await this.connect(connection, (signal) =>
      this.#modules.connect<'mining'>({
        host,
        port,
        ...(log && { logger: log }),
        createConnection: (now) =>
          createUpstreamConnection(upstream, this.#options, this.#modules.randomBytes, now, extensions),
        onEvent: (event, _, now) => {
          if (event.type === 'ready' && extensions !== undefined) this.#silentServers.answered(server);
          if (event.type === 'closed' && event.cause === 'extension-timeout')
            this.#silentServers.keptSilent(server, now.monotonicMs);
          this.#onConnectionEvent(connection, event);
        },
        signal,
      }),
    );
  }

  #onConnectionEvent(connection: number, event: ConnectionEvent<'mining'>): void {
    switch (event.type) {
      case 'ready':
        this.handle({ type: 'connected', connection, flags: event.flags, extensions: event.extensions });
        return;
      case 'message':
        this.handle({ type: 'message', connection, message: event.message });
        return;
      case 'closed':
        this.links.delete(connection);
        this.handle({ type: 'disconnected', connection, reason: reasonOf(event) });
        return;
      case 'extensions':
        this.handle({ type: 'extensions', connection, extensions: event.extensions });
        return;
      case 'foreign':
      case 'ignored':
        return;
    }
  }
}

/** The cause, or the word that explains it: the code of a refused setup, the reason of a role. */
function reasonOf({ cause, detail }: ClosedEvent): string {
  return cause === 'setup-error' && typeof detail.errorCode === 'string' ? `${cause}: ${detail.errorCode}` : cause;
}
