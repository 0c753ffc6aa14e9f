import { availableParallelism } from 'node:os';
import { type Now, UsageError } from '@stratumkit/codec';
import { type ClosedEvent, type ConnectionEvent, SilentServers } from '@stratumkit/connection';
import { DeviceCore, type DeviceInput, type DeviceOutput } from '@stratumkit/roles';
import { type Logger, Resources, randomBytes, readClock } from '@stratumkit/runtime';
import { connect, type Link } from '@stratumkit/transport';
import { calibrate } from './calibrate.ts';
import { type DeviceUpstream, deviceNames, type MiningDeviceOptions } from './options.ts';
import { Miner } from './search/miner.ts';
import { createWorkerPool, type SearchWorkers } from './search/workerPool.ts';
import { createUpstreamConnection, securityOf, wantedExtensions } from './upstreamConnection.ts';

/** How often the measured hashrate is compared with the one reported upstream. */
const HASHRATE_CHECK_MS = 10_000;

/** What differs between production and tests. */
export interface MiningDeviceModules {
  readonly connect: typeof connect;
  readonly createWorkers: (size: number, onFailure: (error: Error) => void) => SearchWorkers;
  readonly clock: () => Now;
  readonly randomBytes: (length: number) => Uint8Array;
  readonly log?: Pick<Logger, 'debug' | 'info' | 'warn' | 'error'>;
}

export interface DeviceStatistics {
  readonly name: string;
  /** Tried since the start. */
  readonly hashes: number;
  readonly sharesAccepted: number;
  readonly sharesRejected: number;
}

export interface MiningDevice {
  readonly names: readonly string[];
  statistics(): readonly DeviceStatistics[];
  close(): Promise<void>;
}

/** Starts one or many simulated devices that hash for real; resolves when they search or are on their way to an upstream. */
export async function createMiningDevice(
  options: MiningDeviceOptions,
  modules: Partial<MiningDeviceModules> = {},
): Promise<MiningDevice> {
  const running = new RunningDevice(options, modules);
  try {
    await running.start();
    return running;
  } catch (error) {
    await running.close();
    throw error;
  }
}

class RunningDevice implements MiningDevice {
  readonly names: readonly string[];
  readonly #options: MiningDeviceOptions;
  readonly #modules: MiningDeviceModules;
  readonly #resources = new Resources();
  readonly #connecting = new AbortController();
  readonly #links = new Map<number, Link<'mining'>>();
  readonly #silentServers = new SilentServers();
  readonly #accepted: number[];
  readonly #rejected: number[];
  #core: DeviceCore<DeviceUpstream> | undefined;
  #miner: Miner | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: MiningDeviceOptions, modules: Partial<MiningDeviceModules>) {
    this.#options = options;
    this.#modules = {
      connect,
      createWorkers: (size, onFailure) => createWorkerPool({ size, onFailure }),
      clock: readClock,
      randomBytes,
      ...modules,
    };
    this.names = deviceNames(options);
    this.#accepted = this.names.map(() => 0);
    this.#rejected = this.names.map(() => 0);
  }

  async start(): Promise<void> {
    const { clock, createWorkers, log } = this.#modules;
    const { upstreams, hashrate } = this.#options;
    if (upstreams.length === 0) throw new UsageError('no-upstream', 'a device needs an upstream');
    for (const upstream of upstreams) securityOf(upstream, this.#options, this.#modules.randomBytes);

    const size = this.#options.workers ?? Math.max(1, availableParallelism() - 1);
    const workers = createWorkers(size, (error) => log?.error({ err: error }, 'search worker failed and was replaced'));
    this.#resources.add('workers', () => workers.close());
    const workerHashrate = hashrate === undefined ? await calibrate(workers) : undefined;
    const nominalHashrate = hashrate ?? (workerHashrate! * size) / this.names.length;
    log?.info({ workers: size, nominalHashrate: Math.round(nominalHashrate) }, 'search workers ready');

    this.#core = new DeviceCore<DeviceUpstream>(this.#coreOptions(nominalHashrate));
    this.#miner = new Miner({
      hashrates: this.names.map(() => hashrate),
      workers,
      clock,
      ...(workerHashrate === undefined ? {} : { workerHashrate }),
      take: (device, count, now) => this.#core?.take(device, count, now),
      onFound: (device, chunk, nonce) => this.#handle({ type: 'found', device, chunk, nonce }),
    });
    this.#resources.add('miner', () => this.#miner?.stop());
    this.#resources.add('connections', () => this.#closeLinks());
    this.#watchHashrate();
    this.#handle({ type: 'start' });
  }

  statistics(): readonly DeviceStatistics[] {
    return this.names.map((name, i) => ({
      name,
      hashes: this.#miner?.hashes[i] ?? 0,
      sharesAccepted: this.#accepted[i]!,
      sharesRejected: this.#rejected[i]!,
    }));
  }

  close(): Promise<void> {
    return this.#resources.close();
  }

  #coreOptions(nominalHashrate: number): ConstructorParameters<typeof DeviceCore<DeviceUpstream>>[0] {
    const { userIdentity, channel, connections, minExtranonceSize, rollVersion, tlvByteOrder } = this.#options;
    const single = this.names.length === 1;
    return {
      devices: this.names.map((name) => ({
        name,
        userIdentity: single ? userIdentity : `${userIdentity}.${name}`,
        nominalHashrate,
      })),
      upstreams: this.#options.upstreams,
      channel: channel ?? 'standard',
      connections: connections ?? 'each',
      random: () => new DataView(this.#modules.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32,
      ...(minExtranonceSize === undefined ? {} : { minExtranonceSize }),
      ...(rollVersion === undefined ? {} : { rollVersion }),
      ...(tlvByteOrder === undefined ? {} : { tlvByteOrder }),
    };
  }

  #handle(input: DeviceInput): void {
    if (this.#core === undefined || this.#resources.signal.aborted) return;
    for (const output of this.#core.handle(input, this.#modules.clock())) this.#perform(output);
    this.#setTimer();
  }

  #perform(output: DeviceOutput<DeviceUpstream>): void {
    switch (output.type) {
      case 'send': {
        const { frame, kind, channelId } = output;
        for (const connection of output.to) {
          this.#links.get(connection)?.send(frame, { kind, ...(channelId === undefined ? {} : { channelId }) });
        }
        return;
      }
      case 'close': {
        const link = this.#links.get(output.to);
        this.#links.delete(output.to);
        link?.close('role-decision', { reason: output.reason });
        return;
      }
      case 'connect':
        void this.#connect(output.connection, output.upstream);
        return;
      case 'channels':
        this.#links.get(output.connection)?.setOpenChannels(output.open);
        return;
      case 'search':
        this.#miner?.setWorking(output.device, output.order !== undefined);
        return;
      case 'event': {
        const { event } = output;
        if (event.type === 'sharesAccepted') this.#accepted[event.device]! += event.count;
        if (event.type === 'shareRejected') this.#rejected[event.device]! += 1;
        this.#options.onEvent?.(event);
        return;
      }
    }
  }

  async #connect(connection: number, upstream: DeviceUpstream): Promise<void> {
    const { host, port } = upstream;
    const server = `${host}:${port}`;
    const wanted = wantedExtensions(this.#options);
    const { monotonicMs } = this.#modules.clock();
    const extensions = wanted && this.#silentServers.extensionsFor(server, wanted, monotonicMs);
    try {
      const link = await this.#modules.connect<'mining'>({
        host,
        port,
        createConnection: (now) =>
          createUpstreamConnection(upstream, this.#options, this.#modules.randomBytes, now, extensions),
        onEvent: (event, _, now) => {
          if (event.type === 'ready' && extensions !== undefined) this.#silentServers.answered(server);
          if (event.type === 'closed' && event.cause === 'extension-timeout')
            this.#silentServers.keptSilent(server, now.monotonicMs);
          this.#onConnectionEvent(connection, event);
        },
        signal: this.#connecting.signal,
      });
      this.#links.set(connection, link);
    } catch (error) {
      this.#handle({ type: 'disconnected', connection, reason: (error as { code?: string }).code ?? 'connect-failed' });
    }
  }

  #onConnectionEvent(connection: number, event: ConnectionEvent<'mining'>): void {
    switch (event.type) {
      case 'ready':
        this.#handle({ type: 'connected', connection, flags: event.flags, extensions: event.extensions });
        return;
      case 'message':
        this.#handle({ type: 'message', connection, message: event.message });
        return;
      case 'closed':
        this.#links.delete(connection);
        this.#handle({ type: 'disconnected', connection, reason: reasonOf(event) });
        return;
      case 'extensions':
        this.#handle({ type: 'extensions', connection, extensions: event.extensions });
        return;
      case 'foreign':
      case 'ignored':
        return;
    }
  }

  #setTimer(): void {
    clearTimeout(this.#timer);
    const deadline = this.#core?.deadline;
    if (deadline === undefined || this.#resources.signal.aborted) return;
    const delay = Math.max(0, Math.ceil(deadline - this.#modules.clock().monotonicMs));
    this.#timer = setTimeout(() => this.#handle({ type: 'tick' }), delay);
  }

  /** Devices report what they really do, which is less than their limit when the workers cannot keep up. */
  #watchHashrate(): void {
    let before = this.names.map(() => 0);
    const interval = setInterval(() => {
      const hashes = [...this.#miner!.hashes];
      hashes.forEach((count, device) => {
        const hashesPerSecond = ((count - before[device]!) * 1000) / HASHRATE_CHECK_MS;
        if (hashesPerSecond > 0) this.#handle({ type: 'hashrate', device, hashesPerSecond });
      });
      before = hashes;
    }, HASHRATE_CHECK_MS);
    this.#resources.add('hashrate check', () => clearInterval(interval));
  }

  async #closeLinks(): Promise<void> {
    clearTimeout(this.#timer);
    const links = [...this.#links.values()];
    this.#links.clear();
    for (const link of links) link.close('shutdown');
    this.#connecting.abort();
    await Promise.all(links.map((link) => link.closed));
  }
}

/** The cause, or the word that explains it: the code of a refused setup, the reason of a role. */
function reasonOf({ cause, detail }: ClosedEvent): string {
  return cause === 'setup-error' && typeof detail.errorCode === 'string' ? `${cause}: ${detail.errorCode}` : cause;
}
