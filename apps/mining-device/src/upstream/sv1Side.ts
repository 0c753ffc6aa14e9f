import { SV1_PROFILES, Sv1DeviceCore, type Sv1DeviceInput, type Sv1DeviceOutput } from '@stratumkit/roles';
import type { LineLink } from '@stratumkit/transport';
import type { MiningDeviceModules } from '../modules.ts';
import { type DeviceUpstream, identityOf, type MiningDeviceOptions } from '../options.ts';
import { CoreSide } from './coreSide.ts';
import type { UpstreamSideOwner } from './upstreamSide.ts';

/** Devices that tell a wish would like a share about so often. */
const WISHED_SHARE_SECONDS = 2;
const HASHES_OF_DIFFICULTY_ONE = 2 ** 32;

/** SV1 devices, each with a connection of its own. */
export class Sv1Side extends CoreSide<Sv1DeviceInput, Sv1DeviceOutput<DeviceUpstream>, LineLink> {
  readonly #modules: MiningDeviceModules;
  readonly #owner: UpstreamSideOwner;

  constructor(
    options: MiningDeviceOptions,
    modules: MiningDeviceModules,
    owner: UpstreamSideOwner,
    nominalHashrate: number,
  ) {
    const { upstreams, profiles = [], password, rollVersion } = options;
    const core = new Sv1DeviceCore<DeviceUpstream>({
      devices: owner.names.map((name, index) => ({
        name,
        workerName: identityOf(options, name),
        suggestedDifficulty: (nominalHashrate * WISHED_SHARE_SECONDS) / HASHES_OF_DIFFICULTY_ONE,
        profile: SV1_PROFILES[profiles[index % Math.max(1, profiles.length)] ?? 'generic'],
        ...(password === undefined ? {} : { password }),
      })),
      upstreams,
      random: modules.random,
      ...(rollVersion === undefined ? {} : { rollVersion }),
    });
    super(core, modules.clock);
    this.#modules = modules;
    this.#owner = owner;
  }

  /** SV1 has no word for it. */
  measured(): void {}

  protected perform(output: Sv1DeviceOutput<DeviceUpstream>): void {
    switch (output.type) {
      case 'send':
        this.links.get(output.to)?.send(output.line);
        return;
      case 'close': {
        const link = this.links.get(output.to);
        this.links.delete(output.to);
        link?.close('role-decision', output.reason);
        return;
      }
      case 'connect':
        void this.#connect(output.connection, output.upstream);
        return;
      case 'probe':
        void this.#probe(output.device, output.upstream);
        return;
      case 'search':
        this.#owner.setWorking(output.device, output.order !== undefined);
        return;
      case 'event':
        this.#owner.onEvent(output.event);
        return;
    }
  }

  async #connect(connection: number, { host, port }: DeviceUpstream): Promise<void> {
    const { connectLines, log } = this.#modules;
    const link = await this.connect(connection, (signal) =>
      connectLines({
        host,
        port,
        ...(log && { logger: log }),
        onEvent: (event) => {
          if (event.type === 'line') {
            this.handle({ type: 'line', connection, line: event.line });
            return;
          }
          this.links.delete(connection);
          this.handle({ type: 'disconnected', connection, reason: event.cause });
        },
        signal,
      }),
    );
    if (link !== undefined) this.handle({ type: 'connected', connection });
  }

  async #probe(device: number, { host, port }: DeviceUpstream): Promise<void> {
    const { connectLines } = this.#modules;
    const reached = await this.reaches((signal) => connectLines({ host, port, onEvent: () => {}, signal }));
    this.handle({ type: 'probed', device, reached });
  }
}
