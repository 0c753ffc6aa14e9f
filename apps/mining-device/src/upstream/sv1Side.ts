import type { Now } from '@stratumkit/codec';
import {
  type SearchChunk,
  SV1_PROFILES,
  Sv1DeviceCore,
  type Sv1DeviceInput,
  type Sv1DeviceOutput,
} from '@stratumkit/roles';
import type { LineLink } from '@stratumkit/transport';
import type { MiningDeviceModules } from '../modules.ts';
import { type DeviceUpstream, identityOf, type MiningDeviceOptions } from '../options.ts';
import { CoreTimer } from './coreTimer.ts';
import type { UpstreamSide, UpstreamSideOwner } from './upstreamSide.ts';

/** Devices that tell a wish would like a share about so often. */
const WISHED_SHARE_SECONDS = 2;
const HASHES_OF_DIFFICULTY_ONE = 2 ** 32;

/** SV1 devices, each with a connection of its own. */
export class Sv1Side implements UpstreamSide {
  readonly #modules: MiningDeviceModules;
  readonly #owner: UpstreamSideOwner;
  readonly #core: Sv1DeviceCore<DeviceUpstream>;
  readonly #connecting = new AbortController();
  readonly #links = new Map<number, LineLink>();
  readonly #timer: CoreTimer;
  #isClosed = false;

  constructor(
    options: MiningDeviceOptions,
    modules: MiningDeviceModules,
    owner: UpstreamSideOwner,
    nominalHashrate: number,
  ) {
    this.#modules = modules;
    this.#owner = owner;
    const { upstreams, profiles = [], password, rollVersion } = options;
    this.#core = new Sv1DeviceCore<DeviceUpstream>({
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
    this.#timer = new CoreTimer(modules.clock, () => this.#handle({ type: 'tick' }));
  }

  start(): void {
    this.#handle({ type: 'start' });
  }

  take(device: number, count: number, now: Now): SearchChunk | undefined {
    return this.#core.take(device, count, now);
  }

  found(device: number, chunk: SearchChunk, nonce: number): void {
    this.#handle({ type: 'found', device, chunk, nonce });
  }

  /** SV1 has no word for it. */
  measured(): void {}

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer.set(undefined);
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.close('shutdown');
    this.#connecting.abort();
    await Promise.all(links.map((link) => link.closed));
  }

  #handle(input: Sv1DeviceInput): void {
    if (this.#isClosed) return;
    for (const output of this.#core.handle(input, this.#modules.clock())) this.#perform(output);
    this.#timer.set(this.#core.deadline);
  }

  #perform(output: Sv1DeviceOutput<DeviceUpstream>): void {
    switch (output.type) {
      case 'send':
        this.#links.get(output.to)?.send(output.line);
        return;
      case 'close': {
        const link = this.#links.get(output.to);
        this.#links.delete(output.to);
        link?.close('role-decision', output.reason);
        return;
      }
      case 'connect':
        void this.#connect(output.connection, output.upstream);
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
    try {
      const link = await this.#modules.connectLines({
        host,
        port,
        onEvent: (event) => {
          if (event.type === 'line') {
            this.#handle({ type: 'line', connection, line: event.line });
            return;
          }
          this.#links.delete(connection);
          this.#handle({ type: 'disconnected', connection, reason: event.cause });
        },
        signal: this.#connecting.signal,
      });
      this.#links.set(connection, link);
      this.#handle({ type: 'connected', connection });
    } catch (error) {
      this.#handle({ type: 'disconnected', connection, reason: (error as { code?: string }).code ?? 'connect-failed' });
    }
  }
}
