import { ChainNode } from './chain/chainNode.ts';
import { World } from './core/world.ts';
import { checkLimits } from './invariants/limitWatch.ts';
import { LivenessWatch } from './invariants/livenessWatch.ts';
import { GOOD_LINE } from './network/host.ts';
import { Network } from './network/network.ts';
import { Observer } from './observer.ts';
import type { ProofOfWork } from './pow/proofOfWork.ts';
import type { SimulationContext, SimulationSettings } from './process/context.ts';
import { DeviceProcess } from './process/deviceProcess.ts';
import { MinerProcess } from './process/minerProcess.ts';
import type { MiningProcess } from './process/miningProcess.ts';
import { ROLE_MODULES, type SimulationModules } from './process/modules.ts';
import { PoolProcess } from './process/poolProcess.ts';
import { ProviderProcess } from './process/providerProcess.ts';
import { ProxyProcess } from './process/proxyProcess.ts';
import { PLAIN_SECURITY, type WireSecurity } from './process/security.ts';
import type { SimProcess } from './process/simProcess.ts';
import { TranslatorProcess } from './process/translatorProcess.ts';
import type { Topology } from './topology.ts';

/** The same options give the same run, on every machine. */
export interface SimulationOptions {
  readonly seed: number;
  readonly topology: Topology;
  readonly pow: ProofOfWork;
  /** What `premineBlocks` made with the same proof of work; shared between runs. */
  readonly premined: readonly Uint8Array[];
  readonly security?: WireSecurity;
  readonly modules?: Partial<SimulationModules>;
  readonly settings?: Partial<SimulationSettings>;
  /** Between blocks that other miners find; 0 for none. */
  readonly rivalIntervalSeconds?: number;
}

const DEFAULT_SETTINGS: Omit<SimulationSettings, 'totalHashrate'> = {
  sharesPerMinute: 6,
  shareBatchSize: 10,
  retargeting: true,
  blockIntervalSeconds: 60,
  transactionsPerMinute: 4,
  minerHashrate: 1_000_000,
  maxConnections: 100_000,
  connectionLimits: {},
};

/** From a share to its answer: the batch's delay, the disk, the line. */
const ANSWER_WITHIN_MS = 60_000;
/** How often everything that must hold at any time is looked at. */
const CHECK_MS = 5_000;
/** With more, each look costs so much that they are made less often. */
const MANY_DEVICES = 300;
const WORK_CHECK_MS = 60_000;
const NODE_TICK_MS = 1_000;
/** From one node to another. */
const GOSSIP_MS = 150;
/** Devices start one after the other over this time. */
const START_SPREAD_MS = 20_000;
const FORGET_SHARES_MS = 900_000;
/** Found work may be so far from the hashes spent; beyond it chance is no explanation. */
const STANDARD_DEVIATIONS = 6;

type Relay = ProxyProcess | TranslatorProcess;

/** A whole stack under virtual time. The same options give the same run, action by action. */
export class Simulation {
  readonly world: World;
  readonly network: Network;
  readonly observer: Observer;
  readonly liveness: LivenessWatch;
  readonly providers: readonly ProviderProcess[];
  readonly pools: readonly PoolProcess[];
  /** Proxies and translators, nearest to the pools first. */
  readonly relays: readonly Relay[];
  /** Honest ones, of either protocol. */
  readonly devices: readonly MiningProcess[];
  readonly hostiles: readonly DeviceProcess[];
  readonly #options: SimulationOptions;
  readonly #settings: SimulationSettings;
  readonly #poolsByHost: ReadonlyMap<string, PoolProcess>;
  readonly #relaysByHost: ReadonlyMap<string, Relay>;
  readonly #poolsByIndex: ReadonlyMap<number, PoolProcess>;
  #isStopped = false;

  constructor(options: SimulationOptions) {
    const { seed, topology, pow, modules, settings } = options;
    this.#options = options;
    this.world = new World(seed);
    this.network = new Network(this.world);
    const hasRelays = topology.nodes.some(({ kind }) => kind === 'proxy' || kind === 'translator');
    this.observer = new Observer(this.world, pow, hasRelays);
    this.liveness = new LivenessWatch(this.observer.invariants);
    let totalHashrate = 0;
    for (const node of topology.nodes)
      if (node.kind === 'device') totalHashrate += node.hashrate * node.devices;
      else if (node.kind === 'sv1-miner') totalHashrate += node.hashrate;
    this.#settings = { ...DEFAULT_SETTINGS, totalHashrate, ...settings };
    const context: SimulationContext = {
      world: this.world,
      network: this.network,
      observer: this.observer,
      pow,
      security: options.security ?? PLAIN_SECURITY,
      modules: { ...ROLE_MODULES, ...modules },
      settings: this.#settings,
      tipsOf: (host) => this.#source(host)?.pool.tips,
      relayOf: (host) => this.#relaysByHost.get(host)?.upstreams,
      onError: (error, process) => this.#fail(error, process),
    };
    const providers: ProviderProcess[] = [];
    const pools: PoolProcess[] = [];
    const relays: Relay[] = [];
    const clients: DeviceProcess[] = [];
    const miners: MinerProcess[] = [];
    for (const node of topology.nodes) {
      const host = this.network.addHost(node.name, node.line ?? GOOD_LINE);
      if (node.kind === 'template-provider') providers.push(new ProviderProcess(context, host, node));
      else if (node.kind === 'pool') pools.push(new PoolProcess(context, host, node));
      else if (node.kind === 'proxy') relays.push(new ProxyProcess(context, host, node));
      else if (node.kind === 'translator') relays.push(new TranslatorProcess(context, host, node));
      else if (node.kind === 'sv1-miner') miners.push(new MinerProcess(context, host, node));
      else clients.push(new DeviceProcess(context, host, node));
    }
    this.providers = providers;
    this.pools = pools;
    this.devices = [...clients.filter(({ hostility }) => hostility === undefined), ...miners];
    this.hostiles = clients.filter(({ hostility }) => hostility !== undefined);
    this.#poolsByHost = new Map(pools.map((pool) => [pool.node.name, pool]));
    this.#poolsByIndex = new Map(pools.map((pool) => [pool.host.index, pool]));
    this.#relaysByHost = new Map(relays.map((relay) => [relay.node.name, relay]));
    for (const client of [...relays, ...clients, ...miners]) client.depth = this.#depthOf(client.node.upstreams);
    this.relays = relays.sort((a, b) => a.depth - b.depth);
    for (const provider of providers) provider.attach(this.#createChain(provider));
  }

  /** Starts every process; nothing happens before {@link run}. */
  start(): void {
    const random = this.world.random('start');
    for (const provider of this.providers) this.world.at(random.below(100), () => provider.start());
    for (const pool of this.pools) this.world.at(100 + random.below(100), () => pool.start());
    for (const relay of this.relays) this.world.at(200 + random.below(1_000), () => relay.start());
    for (const device of [...this.devices, ...this.hostiles])
      this.world.at(200 + random.below(START_SPREAD_MS), () => device.start());
    const checkMs = this.devices.length > MANY_DEVICES ? 4 * CHECK_MS : CHECK_MS;
    this.#repeat(checkMs, () => this.check(checkMs));
    this.#repeat(WORK_CHECK_MS, () => this.checkWork());
    this.#repeat(NODE_TICK_MS, () => {
      for (const { chain } of this.providers) chain.tick();
    });
    this.#repeat(GOSSIP_MS, () => this.gossip());
    const { transactionsPerMinute } = this.#settings;
    if (transactionsPerMinute > 0)
      this.#repeat(60_000 / transactionsPerMinute, () => {
        // Nobody would confirm them any more.
        if (this.#isStopped) return;
        for (const { chain } of this.providers) chain.generateTransaction();
      });
    this.#mineRivals();
  }

  /** Until this virtual time since the start. */
  run(untilMs: number): void {
    this.world.run(untilMs);
  }

  /** Nodes tell each other of their blocks as far as they reach each other. */
  gossip(): void {
    for (const a of this.providers)
      for (const b of this.providers)
        if (a !== b && a.host.powered && b.host.powered && !this.network.isCut(a.host, b.host))
          a.chain.syncFrom(b.chain);
  }

  check(elapsedMs: number): void {
    const { invariants, solutions, shares } = this.observer;
    const { nowMs } = this.world;
    for (const server of [...this.pools, ...this.relays]) {
      if (!(server instanceof TranslatorProcess)) checkLimits(server, invariants);
      // Counted here; what is thrown is noticed at once.
      invariants.check('machines-hold', true, () => '');
    }
    for (const relay of this.relays) this.#checkRelay(relay);
    solutions.wait(elapsedMs, (index) => this.#poolsByIndex.get(index)?.isServed === true);
    if (!this.#isStopped) this.#checkAnswers();
    if (!this.#isStopped)
      this.liveness.check(this.devices, nowMs, (device) => {
        const source = this.#source(device.upstream);
        return source === undefined ? undefined : { tip: source.pool.tips.tip, sinceMs: source.sinceMs };
      });
    shares.forget(nowMs - FORGET_SHARES_MS);
  }

  /** What has been found has to fit what has been hashed. */
  checkWork(): void {
    const { invariants, shares } = this.observer;
    const { foundWork, extraWork } = shares.totals;
    let expected = Number(extraWork);
    let variance = 0;
    for (const { searchers } of this.devices)
      for (const searcher of searchers) {
        expected += searcher.hashes;
        variance += searcher.variance;
      }
    const deviation = Math.sqrt(variance);
    invariants.check(
      'work-adds-up',
      Math.abs(Number(foundWork) - expected) <= STANDARD_DEVIATIONS * deviation,
      () => `shares worth ${foundWork} were found with ${expected} hashes, one standard deviation is ${deviation}`,
    );
  }

  /** Every client goes at once. */
  stopDevices(): void {
    this.#isStopped = true;
    for (const device of [...this.devices, ...this.hostiles]) device.crash('kill');
  }

  /** Nobody is connected to it any more: nothing may be left of them. */
  checkClosed(server: PoolProcess | Relay): void {
    const left = leftIn(server);
    const { gate } = server instanceof TranslatorProcess ? server : server.port;
    this.observer.invariants.check(
      'within-limits',
      Object.values(left).every((count) => count === 0) && gate.connections === 0 && gate.addresses === 0,
      () => `${server.node.name} still counts ${JSON.stringify(left)}, ${gate.connections} connections at its gate`,
    );
  }

  /** What a relay has handed on, by what was seen of it and by what it says itself. */
  #checkRelay(relay: Relay): void {
    const { shares, invariants } = this.observer;
    const { host, node, upstreams } = relay;
    shares.relays.check(host.index, node.name, upstreams.inFlight(), shares.isCredited);
    if (relay instanceof TranslatorProcess) relay.check();
    else if (relay.core !== undefined) {
      const { totals, unansweredShares } = relay.core;
      const { sharesForwarded, sharesAcknowledged, sharesRejectedUpstream, sharesUnknown } = totals;
      invariants.check(
        'relayed-work-adds-up',
        sharesForwarded === sharesAcknowledged + sharesRejectedUpstream + sharesUnknown + unansweredShares,
        () => `${node.name} says: ${JSON.stringify(totals)}, ${unansweredShares} unanswered`,
      );
    }
  }

  /** Where nothing is wrong, a share is credited or refused within a stated time: none is lost on the way. */
  #checkAnswers(): void {
    const { nowMs } = this.world;
    for (const device of this.devices) {
      const source = this.#source(device.upstream);
      if (device.book === undefined || !this.liveness.isCalm(device, nowMs) || source?.pool.isDiskGood !== true)
        continue;
      const withinMs = ANSWER_WITHIN_MS * (1 + device.depth);
      const overdue = nowMs < source.sinceMs + withinMs ? undefined : device.book.overdue(nowMs - withinMs);
      this.observer.invariants.check(
        'work-adds-up',
        overdue === undefined,
        () =>
          `share ${overdue?.sequenceNumber} of ${device.node.name} (${overdue?.state}) was neither credited nor refused for ${withinMs} ms`,
      );
    }
  }

  /** The pool that the work of a host comes from at present, and since when all on the way can know of its tip. */
  #source(host: string): { readonly pool: PoolProcess; readonly sinceMs: number } | undefined {
    const pool = this.#poolsByHost.get(host);
    if (pool !== undefined) return { pool, sinceMs: pool.tips.activatedMs };
    const { upstreams } = this.#relaysByHost.get(host) ?? {};
    const source = upstreams?.host === undefined ? undefined : this.#source(upstreams.host);
    return source && { pool: source.pool, sinceMs: Math.max(source.sinceMs, upstreams!.activatedMs) };
  }

  #depthOf(upstreams: readonly string[]): number {
    return Math.max(
      ...upstreams.map((name) => {
        const relay = this.#relaysByHost.get(name);
        return relay === undefined ? 0 : 1 + this.#depthOf(relay.node.upstreams);
      }),
    );
  }

  #createChain(provider: ProviderProcess): ChainNode {
    const { pow, premined } = this.#options;
    const { totalHashrate, blockIntervalSeconds } = this.#settings;
    return new ChainNode({
      world: this.world,
      pow,
      premined,
      index: provider.host.index,
      expectedHashrate: totalHashrate,
      blockIntervalSeconds,
      // The node is a process of its own: it does not start anew with the provider.
      now: () => ({ monotonicMs: this.world.nowMs, unixSeconds: provider.now().unixSeconds }),
    });
  }

  #mineRivals(): void {
    const { rivalIntervalSeconds = 0 } = this.#options;
    if (rivalIntervalSeconds === 0) return;
    const random = this.world.random('rivals');
    const next = (): void => {
      const delayMs = (rivalIntervalSeconds * 1_000 * (random.below(1_500) + 250)) / 1_000;
      this.world.after(delayMs, () => {
        if (this.#isStopped) return;
        random.pick(this.providers).chain.mineRival(1, 0);
        next();
      });
    };
    next();
  }

  #repeat(everyMs: number, action: () => void): void {
    const next = (): void => {
      this.world.after(everyMs, () => {
        action();
        next();
      });
    };
    next();
  }

  #fail(error: unknown, process: SimProcess): void {
    const text = error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
    this.observer.invariants.check('machines-hold', false, () => `${process.host.name}: ${text}`);
  }
}

/** What a server's machine still holds for its clients. */
function leftIn(server: PoolProcess | Relay): Readonly<Record<string, number>> {
  if (server.core === undefined) return {};
  if (server instanceof TranslatorProcess) return { miners: server.core.minerCount };
  const { connections, openChannels } = server.core;
  return server instanceof ProxyProcess
    ? { connections, openChannels, shares: server.core.unansweredShares }
    : { connections, openChannels, batches: server.core.uncommittedBatches };
}
