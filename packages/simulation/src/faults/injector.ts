import { Prng } from '../core/prng.ts';
import { textChecksum } from '../core/traceHash.ts';
import { TRACE } from '../core/world.ts';
import type { Host, LineConditions } from '../network/host.ts';
import type { MiningProcess } from '../process/miningProcess.ts';
import type { PoolProcess } from '../process/poolProcess.ts';
import type { ProviderProcess } from '../process/providerProcess.ts';
import type { CrashKind, SimProcess } from '../process/simProcess.ts';
import type { Simulation } from '../simulation.ts';
import type { FaultKind } from './kinds.ts';
import type { PlannedFault } from './plan.ts';

/** A fault that cannot strike now (nobody has work, both nodes are lost) is tried again after this time, until it can. */
const RETRY_MS = 5_000;
/** Attempts count down from here: seeds that were written down go by the number. */
const FIRST_ATTEMPT = 12;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
/** Outputs until a process that shall die does, at most; and the time after which it dies even when idle. */
const MAX_CRASH_STEPS = 150;
const CRASH_WITHIN_MS = 5_000;
const BLOCK_ATTEMPTS = 4_096;

/** Does the faults of a plan to a simulation. */
export class FaultInjector {
  readonly #simulation: Simulation;
  readonly #injected: Partial<Record<FaultKind, number>> = {};
  #cuts = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
  }

  /** How often each kind has struck. */
  get injected(): Readonly<Partial<Record<FaultKind, number>>> {
    return this.#injected;
  }

  /** None strikes after `untilMs`, virtual time. */
  schedule(faults: readonly PlannedFault[], untilMs: number): void {
    for (const fault of faults)
      this.#simulation.world.at(fault.atMs, () => this.#strike(fault, FIRST_ATTEMPT, untilMs));
  }

  #strike(fault: PlannedFault, attempt: number, untilMs: number): void {
    const { world } = this.#simulation;
    const random = new Prng(fault.seed, `${fault.kind}:${attempt}`);
    world.note(TRACE.fault, fault.index, textChecksum(fault.kind));
    if (this.#inject(fault.kind, random)) this.#injected[fault.kind] = (this.#injected[fault.kind] ?? 0) + 1;
    else if (world.nowMs + RETRY_MS < untilMs) world.after(RETRY_MS, () => this.#strike(fault, attempt - 1, untilMs));
  }

  /** False if there was nothing to strike. */
  #inject(kind: FaultKind, random: Prng): boolean {
    const { devices, pools, providers, relays, hostiles, world } = this.#simulation;
    const seconds = (from: number, to: number): number => 1_000 * random.between(from, to);
    switch (kind) {
      case 'latency':
        return this.#line(random, seconds(10, 60), { latencyMs: random.between(200, 2_000) });
      case 'jitter':
        return this.#line(random, seconds(10, 60), { jitterMs: random.between(300, 1_500) });
      case 'chunking':
        return this.#line(random, seconds(5, 20), { splitChance: 1, pieceBytes: random.pick([1, 3, 7, 40]) });
      case 'bandwidth':
        return this.#line(random, seconds(10, 40), { bytesPerMs: random.pick([0.5, 2, 10]) });
      case 'half-open':
        return this.#silence(random);
      case 'reset':
        return this.#reset(random);
      case 'partition':
        return this.#partition(random, seconds(5, 70));
      case 'slow-consumer':
        return this.#stall(random, seconds(10, 90));
      case 'pool-crash':
        return this.#crash(random.pick(pools), 'kill', random, seconds(1, 20));
      case 'pool-power':
        return this.#crash(random.pick(pools), 'power', random, seconds(2, 40));
      case 'device-crash':
        return this.#crash(random.pick(devices), random.pick(['kill', 'power'] as const), random, seconds(1, 60));
      case 'provider-crash':
        return this.#crash(random.pick(providers), random.pick(['kill', 'power'] as const), random, seconds(1, 150));
      case 'node-loss':
        return this.#loseNode(random.pick(providers), seconds(5, 180));
      case 'disk-stall':
        return this.#disk(random.pick(pools), seconds(5, 40), false);
      case 'disk-error':
        return this.#disk(random.pick(pools), seconds(3, 15), true);
      case 'relay-crash':
      case 'relay-power':
        if (relays.length === 0) return false;
        return this.#crash(random.pick(relays), kind === 'relay-power' ? 'power' : 'kill', random, seconds(1, 40));
      case 'upstream-reset':
        return this.#resetUpstream(random);
      case 'upstream-loss':
        return this.#crash(random.pick(pools), 'kill', random, seconds(40, 120));
      case 'device-churn':
        return this.#churn(random);
      case 'reorganisation': {
        const depth = random.between(1, 3);
        return random.pick(providers).chain.mineRival(depth + 1, depth).length > 0;
      }
      case 'same-height-tip':
        return random.pick(providers).chain.mineRival(1, 1).length > 0;
      case 'tip-burst':
        return random.pick(providers).chain.mineRival(random.between(2, 4), 0).length > 0;
      case 'two-blocks':
        return this.#twoBlocks(random);
      case 'clock-jump':
        return this.#jump(random, seconds(20, 300));
      case 'clock-skew': {
        const target = random.pick<SimProcess>([...pools, ...providers, ...relays, random.pick(devices)]);
        target.clock.setDrift(random.pick([-20_000, -500, 500, 20_000]), world.nowMs);
        world.after(seconds(60, 300), () => {
          target.clock.setDrift(0, world.nowMs);
          target.clock.setWallOffset(0, world.nowMs);
        });
        return true;
      }
      default: {
        const hostile = hostiles.find(({ hostility }) => hostility?.kind === kind);
        if (hostile?.hostility === undefined) return false;
        const { hostility } = hostile;
        hostility.isActive = true;
        world.after(seconds(20, 60), () => {
          hostility.isActive = false;
        });
        return true;
      }
    }
  }

  /** One machine's line, or those of some devices, for a while. */
  #line(random: Prng, forMs: number, change: Partial<LineConditions>): boolean {
    const hosts = this.#victims(random).map(({ host }) => host);
    const ends = hosts.map((host) => host.disturb(change));
    this.#disturbHosts(hosts, forMs, false);
    this.#simulation.world.after(forMs, () => {
      for (const end of ends) end();
    });
    return true;
  }

  #silence(random: Prng): boolean {
    const hosts = random.chance(0.25)
      ? [random.pick(this.#simulation.providers).host]
      : this.#someDevices(random, 5).map(({ host }) => host);
    let struck = false;
    for (const host of hosts)
      for (const wire of host.wires) {
        wire.silence();
        struck = true;
      }
    this.#disturbHosts(hosts, 0, true);
    return struck;
  }

  #reset(random: Prng): boolean {
    const hosts = this.#victims(random).map(({ host }) => host);
    let struck = false;
    for (const host of hosts)
      for (const wire of host.wires) {
        wire.reset();
        struck = true;
      }
    this.#disturbHosts(hosts, 0, false);
    return struck;
  }

  /** The connections of a relay to its upstreams, not those of its clients. */
  #resetUpstream(random: Prng): boolean {
    const { relays } = this.#simulation;
    if (relays.length === 0) return false;
    const { host } = random.pick(relays);
    const own = [...host.wires].filter((wire) => wire.a.host === host);
    for (const wire of own) wire.reset();
    if (own.length > 0) this.#disturbHosts([host], 0, false);
    return own.length > 0;
  }

  /** Many devices go and come back at once. */
  #churn(random: Prng): boolean {
    const devices = new Set(this.#someDevices(random, this.#simulation.devices.length));
    for (const device of devices) this.#crash(device, random.pick(['kill', 'power'] as const), random, 1_000);
    return true;
  }

  #partition(random: Prng, forMs: number): boolean {
    const { network, world } = this.#simulation;
    const hosts = this.#victims(random).map(({ host }) => host);
    const cut = ++this.#cuts;
    network.cut(hosts, cut);
    this.#disturbHosts(hosts, forMs, true);
    world.after(forMs, () => network.heal(cut));
    return true;
  }

  #stall(random: Prng, forMs: number): boolean {
    const hosts = this.#someDevices(random, 3).map(({ host }) => host);
    const ends = hosts.map((host) => host.stall());
    this.#disturbHosts(hosts, forMs, true);
    this.#simulation.world.after(forMs, () => {
      for (const end of ends) end();
    });
    return true;
  }

  #crash(process: SimProcess, kind: CrashKind, random: Prng, downMs: number): boolean {
    if (!process.isAlive || process.isDoomed) return false;
    const { world } = this.#simulation;
    const { boot } = process;
    const died = (): void => world.after(downMs, () => process.start());
    this.#disturbHosts([process.host], CRASH_WITHIN_MS + downMs, kind === 'power');
    process.crashAfter(random.between(1, MAX_CRASH_STEPS), kind, died);
    world.after(CRASH_WITHIN_MS, () => {
      if (process.boot !== boot || !process.isAlive) return;
      died();
      process.crash(kind);
    });
    return true;
  }

  #loseNode(provider: ProviderProcess, forMs: number): boolean {
    if (provider.isSourceLost) return false;
    provider.setSourceLost(true);
    this.#disturbHosts([provider.host], forMs, false);
    this.#simulation.world.after(forMs, () => provider.setSourceLost(false));
    return true;
  }

  #disk(pool: PoolProcess, forMs: number, failing: boolean): boolean {
    const { world } = this.#simulation;
    const { disk } = pool;
    disk.conditions = { ...disk.conditions, ...(failing ? { failing } : { stalledUntilMs: world.nowMs + forMs }) };
    world.after(forMs, () => disk.repair());
    return true;
  }

  /** Two devices find a block at the same moment, or another miner is a little faster. */
  #twoBlocks(random: Prng): boolean {
    const working = this.#simulation.devices.filter(({ searchers }) => searchers[0]!.order !== undefined);
    if (working.length < 2) return false;
    const first = random.pick(working);
    if (!first.findBlock(0, BLOCK_ATTEMPTS)) return false;
    if (random.chance(0.5)) random.pick(this.#simulation.providers).chain.mineRival(1, 0);
    else random.pick(working.filter((device) => device !== first)).findBlock(0, BLOCK_ATTEMPTS);
    return true;
  }

  #jump(random: Prng, forMs: number): boolean {
    const { pools, providers, relays, devices, world } = this.#simulation;
    const isProvider = random.chance(0.3);
    const target: SimProcess = isProvider
      ? random.pick(providers)
      : random.pick<SimProcess>([...pools, ...relays, random.pick(devices)]);
    // A node whose clock is far off refuses blocks, as it must.
    const limitMs = isProvider ? 20 * MINUTE_MS : 3 * HOUR_MS;
    target.clock.setWallOffset(random.between(-limitMs, limitMs), world.nowMs);
    world.after(forMs, () => target.clock.setWallOffset(0, world.nowMs));
    return true;
  }

  /** A pool, a provider, a relay, or some devices. */
  #victims(random: Prng): readonly SimProcess[] {
    const { pools, providers, relays } = this.#simulation;
    const share = random.fraction();
    if (share < 0.15) return [random.pick(pools)];
    if (share < 0.35) return [random.pick(providers)];
    if (share < 0.5 && relays.length > 0) return [random.pick(relays)];
    return this.#someDevices(random, 20);
  }

  #someDevices(random: Prng, most: number): readonly MiningProcess[] {
    const { devices } = this.#simulation;
    const count = random.between(1, Math.min(most, devices.length));
    return Array.from({ length: count }, () => random.pick(devices));
  }

  /** Whoever depends on these machines is excused for a while. */
  #disturbHosts(hosts: readonly Host[], forMs: number, isSilent: boolean): void {
    const { devices, liveness, pools, providers, relays, world } = this.#simulation;
    const struck = new Set(hosts);
    const central = [...pools, ...providers, ...relays].some(({ host }) => struck.has(host));
    for (const client of [...devices, ...relays])
      if (central || struck.has(client.host)) liveness.disturbed(client, world.nowMs + forMs, isSilent);
  }
}
