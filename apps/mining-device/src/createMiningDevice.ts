import { availableParallelism } from 'node:os';
import { UsageError } from '@stratumkit/codec';
import { Resources } from '@stratumkit/runtime';
import { calibrate } from './calibrate.ts';
import { defaultModules, type MiningDeviceModules } from './modules.ts';
import { deviceNames, type MiningDeviceEvent, type MiningDeviceOptions } from './options.ts';
import { Miner } from './search/miner.ts';
import { Sv1Side } from './upstream/sv1Side.ts';
import { securityOf } from './upstream/sv2Connection.ts';
import { Sv2Side } from './upstream/sv2Side.ts';
import type { UpstreamSide, UpstreamSideOwner } from './upstream/upstreamSide.ts';

/** How often the measured hashrate is compared with the one reported upstream. */
const HASHRATE_CHECK_MS = 10_000;

/** What one device did since the start. */
export interface DeviceStatistics {
  readonly name: string;
  /** Tried since the start. */
  readonly hashes: number;
  readonly sharesAccepted: number;
  readonly sharesRejected: number;
}

/** Devices that run. */
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

class RunningDevice implements MiningDevice, UpstreamSideOwner {
  readonly names: readonly string[];
  readonly #options: MiningDeviceOptions;
  readonly #modules: MiningDeviceModules;
  readonly #resources = new Resources();
  readonly #accepted: number[];
  readonly #rejected: number[];
  #miner: Miner | undefined;

  constructor(options: MiningDeviceOptions, modules: Partial<MiningDeviceModules>) {
    this.#options = options;
    this.#modules = { ...defaultModules, ...modules };
    this.names = deviceNames(options);
    this.#accepted = this.names.map(() => 0);
    this.#rejected = this.names.map(() => 0);
  }

  async start(): Promise<void> {
    const { clock, createWorkers, log } = this.#modules;
    const { upstreams, hashrate } = this.#options;
    if (upstreams.length === 0) throw new UsageError('no-upstream', 'a device needs an upstream');
    if (this.#options.protocol !== 'sv1')
      for (const upstream of upstreams) securityOf(upstream, this.#options, this.#modules.randomBytes);

    const size = this.#options.workers ?? Math.max(1, availableParallelism() - 1);
    const workers = createWorkers(size, (error) => log?.error({ err: error }, 'search worker failed and was replaced'));
    this.#resources.add('workers', () => workers.close());
    const workerHashrate = hashrate === undefined ? await calibrate(workers) : undefined;
    const nominalHashrate = hashrate ?? (workerHashrate! * size) / this.names.length;
    log?.info({ workers: size, nominalHashrate: Math.round(nominalHashrate) }, 'search workers ready');

    const side = this.#createSide(nominalHashrate);
    this.#miner = new Miner({
      hashrates: this.names.map(() => hashrate),
      workers,
      clock,
      ...(workerHashrate === undefined ? {} : { workerHashrate }),
      take: (device, count, now) => side.take(device, count, now),
      onFound: (device, chunk, nonce) => side.found(device, chunk, nonce),
    });
    this.#resources.add('miner', () => this.#miner?.stop());
    this.#resources.add('connections', () => side.close());
    this.#watchHashrate(side);
    side.start();
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

  setWorking(device: number, working: boolean): void {
    this.#miner?.setWorking(device, working);
  }

  onEvent(event: MiningDeviceEvent): void {
    if (event.type === 'sharesAccepted') this.#accepted[event.device]! += event.count;
    if (event.type === 'shareAccepted') this.#accepted[event.device]! += 1;
    if (event.type === 'shareRejected') this.#rejected[event.device]! += 1;
    this.#options.onEvent?.(event);
  }

  #createSide(nominalHashrate: number): UpstreamSide {
    return this.#options.protocol === 'sv1'
      ? new Sv1Side(this.#options, this.#modules, this, nominalHashrate)
      : new Sv2Side(this.#options, this.#modules, this, nominalHashrate);
  }

  /** Devices report what they really do, which is less than their limit when the workers cannot keep up. */
  #watchHashrate(side: UpstreamSide): void {
    let before = this.names.map(() => 0);
    const interval = setInterval(() => {
      const hashes = [...this.#miner!.hashes];
      hashes.forEach((count, device) => {
        const hashesPerSecond = ((count - before[device]!) * 1000) / HASHRATE_CHECK_MS;
        if (hashesPerSecond > 0) side.measured(device, hashesPerSecond);
      });
      before = hashes;
    }, HASHRATE_CHECK_MS);
    this.#resources.add('hashrate check', () => clearInterval(interval));
  }
}
