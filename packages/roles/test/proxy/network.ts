import { headerHash, meetsTarget, targetFromHashrate } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { decodeTlvs, encodeFrame, type Frame, FrameSplitter, type TlvField } from '@stratumkit/framing';
import { decodeMessage, type MiningMessage, type TemplateDistributionMessage } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import {
  CloseChannel,
  NewExtendedMiningJob,
  OpenExtendedMiningChannelSuccess,
  OpenMiningChannelError,
  SetNewPrevHash,
  SubmitSharesError,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import { FakeClock, seededRandom } from '@stratumkit/testing';
import {
  createIdentityPayoutPolicy,
  DeviceCore,
  type DeviceCoreOptions,
  type DeviceEvent,
  type DeviceInput,
  decideMiningSetup,
  type MiningOperation,
  type MiningSetupDecision,
  PoolCore,
  type PoolCoreOptions,
  type PoolEvent,
  type PoolInput,
  ProxyCore,
  type ProxyCoreOptions,
  type ProxyEvent,
  type ProxyInput,
} from '../../src/index.ts';
import { newTemplate } from '../pool/poolHarness.ts';

export const START = 1_700_000_000;
const NBITS = 0x207fffff;
const SETUP = {
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '',
  endpointPort: 0,
  vendor: 'test',
  hardwareVersion: '',
  firmware: '',
  deviceId: '',
};

export interface Upstream {
  readonly host: string;
  readonly port: number;
  readonly userIdentity: string;
}

export const upstream = (host: string, userIdentity = 'farm'): Upstream => ({ host, port: 1, userIdentity });

/** How a server treats who connects. */
export type Mood =
  | 'open'
  | 'refusing'
  | 'wrong-key'
  | 'setup-error'
  | 'silent'
  | 'jobless'
  | 'no-channels'
  | 'invalid-job'
  | 'unknown-prev-hash'
  | 'closes-channel'
  /** Grants two bytes of extranonce more than it has. */
  | 'generous';

const FAILURES: Readonly<Partial<Record<Mood, string>>> = {
  refusing: 'connect-failed',
  'wrong-key': 'wrong-authority',
  'setup-error': 'setup-error',
};

interface Server {
  readonly kind: 'pool' | 'proxy';
  mood: Mood;
  decideSetup(request: SetupConnection): MiningSetupDecision;
  connected(connection: number, setup: SetupConnection, extensions: ReadonlySet<number>): void;
  receive(connection: number, frame: Uint8Array): void;
  disconnected(connection: number): void;
}

export interface Client {
  connected(connection: number, flags: number, extensions: ReadonlySet<number>): void;
  receive(connection: number, frame: Uint8Array): void;
  disconnected(connection: number, reason: string): void;
}

/** Anything else with a deadline. */
export interface OtherMachine {
  readonly deadline: number | undefined;
  tick(): void;
  /** A second's worth of hashes. */
  mine?(): void;
}

interface Cable {
  readonly server: string;
  readonly serverSide: number;
  readonly client: Client;
  readonly clientSide: number;
  open: boolean;
}

/** Pools, proxies and devices under virtual time, joined by cables that lose nothing and take no time. */
export class Network {
  readonly clock = new FakeClock({ unixSeconds: START });
  readonly pools = new Map<string, TestPool>();
  readonly proxies = new Map<string, TestProxy>();
  readonly farms = new Map<string, TestFarm>();
  readonly servers = new Map<string, Server>();
  /** Machines of other kinds that time passes for. */
  readonly others: OtherMachine[] = [];
  readonly randomBytes = seededRandom(7);
  readonly random = (): number => new DataView(this.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32;
  readonly #cables = new Set<Cable>();
  readonly #queue: (() => void)[] = [];
  #nextId = 1;
  #isPumping = false;

  readonly setup: SetupConnection = SETUP;

  get now(): Now {
    return this.clock.now;
  }

  /** At which this many hashes a second make 6 shares a minute. */
  target(hashrate: number): Uint8Array {
    return targetFromHashrate(hashrate, 6);
  }

  pool(name: string, options: Partial<PoolCoreOptions> = {}): TestPool {
    const pool = new TestPool(this, name, options);
    this.pools.set(name, pool);
    this.servers.set(name, pool);
    pool.start();
    return pool;
  }

  proxy(
    name: string,
    upstreams: readonly Upstream[],
    options: Partial<ProxyCoreOptions> & ProxyTestOptions = {},
  ): TestProxy {
    const proxy = new TestProxy(this, name, upstreams, options);
    this.proxies.set(name, proxy);
    this.servers.set(name, proxy);
    proxy.handle({ type: 'start' });
    this.pump();
    return proxy;
  }

  farm(name: string, upstreams: readonly Upstream[], options: FarmOptions = {}): TestFarm {
    const farm = new TestFarm(this, name, upstreams, options);
    this.farms.set(name, farm);
    farm.handle({ type: 'start' });
    this.pump();
    return farm;
  }

  /** Lets time pass in steps of a second; devices hash meanwhile. */
  run(seconds: number): void {
    for (let second = 0; second < seconds; second++) {
      const end = this.now.monotonicMs + 1_000;
      for (let turns = 0; ; turns++) {
        if (turns > 10_000) throw new Error('a deadline does not move on');
        const deadline = Math.min(...this.#machines().map((machine) => machine.deadline ?? Number.POSITIVE_INFINITY));
        if (deadline > end) break;
        this.clock.advance(Math.max(0, deadline - this.now.monotonicMs));
        for (const machine of this.#machines())
          if ((machine.deadline ?? Number.POSITIVE_INFINITY) <= this.now.monotonicMs) machine.tick();
        this.pump();
      }
      this.clock.advance(end - this.now.monotonicMs);
      for (const farm of this.farms.values()) farm.mine();
      for (const machine of this.others) machine.mine?.();
      this.pump();
    }
  }

  later(action: () => void): void {
    this.#queue.push(action);
  }

  pump(): void {
    if (this.#isPumping) return;
    this.#isPumping = true;
    for (let turns = 0; this.#queue.length > 0; turns++) {
      if (turns > 1_000_000) throw new Error('messages without end');
      this.#queue.shift()!();
    }
    this.#isPumping = false;
  }

  connect(host: string, client: Client, clientSide: number, flags: number, extensions: readonly number[]): void {
    const server = this.servers.get(host);
    const setup = { ...SETUP, flags };
    const decision = server?.decideSetup(setup);
    const failure = FAILURES[server?.mood ?? 'refusing'] ?? (decision?.accept === false ? 'setup-error' : undefined);
    if (server === undefined || !decision?.accept || failure !== undefined) {
      this.later(() => client.disconnected(clientSide, failure ?? 'connect-failed'));
      return;
    }
    const cable: Cable = { server: host, serverSide: this.#nextId++, client, clientSide, open: true };
    this.#cables.add(cable);
    const granted = new Set(extensions);
    this.later(() => {
      if (server.mood !== 'silent') server.connected(cable.serverSide, setup, granted);
      client.connected(clientSide, decision.flags, granted);
    });
  }

  toServer(client: Client, clientSide: number, frame: Uint8Array): void {
    const cable = this.#find((each) => each.client === client && each.clientSide === clientSide);
    if (cable === undefined) return;
    this.later(() => {
      const server = this.servers.get(cable.server)!;
      if (cable.open && server.mood !== 'silent') server.receive(cable.serverSide, frame);
    });
  }

  toClient(server: string, serverSide: number, frame: Uint8Array): void {
    const cable = this.#find((each) => each.server === server && each.serverSide === serverSide);
    if (cable !== undefined) this.later(() => cable.open && cable.client.receive(cable.clientSide, frame));
  }

  closeByServer(server: string, serverSide: number): void {
    const cable = this.#find((each) => each.server === server && each.serverSide === serverSide);
    if (cable !== undefined) this.later(() => this.#cut(cable, 'peer-closed'));
  }

  closeByClient(client: Client, clientSide: number): void {
    const cable = this.#find((each) => each.client === client && each.clientSide === clientSide);
    if (cable === undefined) return;
    this.later(() => {
      cable.open = false;
      this.#cables.delete(cable);
      this.servers.get(cable.server)?.disconnected(cable.serverSide);
    });
  }

  /** Cuts every cable to a server. */
  cut(server: string): void {
    for (const cable of [...this.#cables]) if (cable.server === server) this.#cut(cable, 'peer-reset');
    this.pump();
  }

  cablesTo(server: string): number {
    return [...this.#cables].filter((cable) => cable.server === server).length;
  }

  #cut(cable: Cable, reason: string): void {
    if (!cable.open) return;
    cable.open = false;
    this.#cables.delete(cable);
    this.servers.get(cable.server)?.disconnected(cable.serverSide);
    cable.client.disconnected(cable.clientSide, reason);
  }

  #find(matches: (cable: Cable) => boolean): Cable | undefined {
    for (const cable of this.#cables) if (matches(cable)) return cable;
    return undefined;
  }

  #machines(): OtherMachine[] {
    return [...this.pools.values(), ...this.proxies.values(), ...this.farms.values(), ...this.others];
  }
}

export class TestPool implements Server {
  readonly kind = 'pool';
  readonly core: PoolCore;
  readonly events: PoolEvent[] = [];
  readonly messages: MiningMessage[] = [];
  readonly received: MiningMessage[] = [];
  readonly foreign: Frame[] = [];
  mood: Mood = 'open';
  setupOptions = { versionRollingAllowed: true };
  /** What every share is answered with instead of being judged. */
  answerShares: string | undefined;
  /** Shares that get no answer, whatever becomes of the others. */
  keepsSilentAbout: (share: { readonly channelId: number; readonly sequenceNumber: number }) => boolean = () => false;
  /** Shares that are missing in the count of every acknowledgement. */
  swallow = 0;
  /** Sends nothing any more. */
  deaf = false;
  /** A user that is told to be unknown. */
  refuses: string | undefined;
  #lastSuccess: Uint8Array | undefined;
  readonly connections = new Set<number>();
  readonly #network: Network;
  readonly #name: string;
  #templates = 0n;
  #tips = 0;

  constructor(network: Network, name: string, options: Partial<PoolCoreOptions>) {
    this.#network = network;
    this.#name = name;
    this.core = new PoolCore(
      {
        payouts: createIdentityPayoutPolicy(Uint8Array.of(0x51), 'regtest'),
        targets: {
          sharesPerMinute: 6,
          easiestTarget: targetFromHashrate(1, 6),
          hardestTarget: new Uint8Array(32).fill(0xff, 0, 24),
        },
        poolSignature: name,
        serverId: 1,
        // Its provider says what a test says, and nothing else.
        templateLimits: { silenceMs: Number.POSITIVE_INFINITY },
        random: network.randomBytes,
        ...options,
      },
      network.now,
    );
  }

  get deadline(): number | undefined {
    return this.core.deadline;
  }

  tick(): void {
    this.handle({ type: 'tick' });
  }

  start(): void {
    this.handle({ type: 'template-connected' });
    this.newTip();
  }

  /** A new block is found somewhere. */
  newTip(blockTarget = new Uint8Array(32).fill(0xff, 0, 29), nbits = NBITS): void {
    const templateId = ++this.#templates;
    this.#template({ name: 'NewTemplate', value: newTemplate({ templateId }) });
    const prevHash = new Uint8Array(32).fill(++this.#tips).fill(this.#name.charCodeAt(0), 16);
    const headerTimestamp = this.#network.now.unixSeconds;
    this.#template({
      name: 'SetNewPrevHash',
      value: { templateId, prevHash, headerTimestamp, nbits, target: blockTarget },
    });
    this.#network.pump();
  }

  /** Better transactions on the same tip. */
  newTemplate(futureTemplate = false): void {
    this.#template({ name: 'NewTemplate', value: newTemplate({ templateId: ++this.#templates, futureTemplate }) });
    this.#network.pump();
  }

  decideSetup(request: SetupConnection): MiningSetupDecision {
    return decideMiningSetup(request, this.setupOptions);
  }

  connected(connection: number, setup: SetupConnection, extensions: ReadonlySet<number>): void {
    this.connections.add(connection);
    this.handle({ type: 'connected', connection, setup, extensions });
  }

  operate(operation: MiningOperation): void {
    this.handle({ type: 'operation', operation });
  }

  receive(connection: number, bytes: Uint8Array): void {
    const decoded = decode(bytes);
    if ('foreign' in decoded) {
      this.foreign.push(decoded.foreign);
      return;
    }
    this.received.push(decoded.message);
    const { name, value } = decoded.message;
    const isOpen = name === 'OpenExtendedMiningChannel' || name === 'OpenStandardMiningChannel';
    if (isOpen && (this.mood === 'no-channels' || value.userIdentity === this.refuses)) {
      const { requestId } = value;
      this.#send(connection, encodeFrame(OpenMiningChannelError, { requestId, errorCode: 'unknown-user' }));
      return;
    }
    if ((name === 'SubmitSharesExtended' || name === 'SubmitSharesStandard') && this.keepsSilentAbout(value)) return;
    if (this.answerShares !== undefined && name === 'SubmitSharesExtended') {
      const { channelId, sequenceNumber } = value;
      const error = { channelId, sequenceNumber, errorCode: this.answerShares };
      if (this.answerShares !== 'never') this.#send(connection, encodeFrame(SubmitSharesError, error));
      return;
    }
    this.handle({ type: 'message', connection, ...decoded });
  }

  disconnected(connection: number): void {
    this.connections.delete(connection);
    this.handle({ type: 'disconnected', connection });
  }

  handle(input: PoolInput): void {
    for (const output of this.core.handle(input, this.#network.now)) {
      switch (output.type) {
        case 'send':
          for (const connection of output.to) this.#send(connection, output.frame);
          break;
        case 'close':
          this.#network.closeByServer(this.#name, output.to);
          break;
        case 'commit':
          this.handle({ type: 'committed', batchId: output.batch.batchId });
          break;
        case 'event':
          this.events.push(output.event);
          break;
      }
    }
    this.#network.pump();
  }

  /** Sends something that no core said. */
  say(connection: number, frame: Uint8Array): void {
    this.#network.toClient(this.#name, connection, frame);
    this.#network.pump();
  }

  repeatLastSuccess(connection: number): void {
    this.say(connection, this.#lastSuccess!);
  }

  eventsOf<T extends PoolEvent['type']>(type: T): Extract<PoolEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<PoolEvent, { type: T }> => event.type === type);
  }

  #send(connection: number, frame: Uint8Array): void {
    const decoded = decode(frame);
    if ('foreign' in decoded) return;
    const { message } = decoded;
    if (message.name.endsWith('MiningChannel.Success')) this.#lastSuccess = frame;
    if (this.deaf) return;
    this.messages.push(message);
    for (const bytes of this.#spoil(message) ?? [frame]) this.#network.toClient(this.#name, connection, bytes);
  }

  /** What goes out instead of a message. */
  #spoil({ name, value }: MiningMessage): Uint8Array[] | undefined {
    const isJob = name === 'NewExtendedMiningJob' || name === 'NewMiningJob';
    if (this.mood === 'jobless' && (isJob || name === 'SetNewPrevHash')) return [];
    if (this.mood === 'invalid-job' && name === 'NewExtendedMiningJob')
      return [encodeFrame(NewExtendedMiningJob, { ...value, minNtime: START })];
    if (this.mood === 'unknown-prev-hash' && name === 'SetNewPrevHash')
      return [encodeFrame(SetNewPrevHash, { ...value, jobId: 4_000_000 })];
    if (this.mood === 'generous' && name === 'OpenExtendedMiningChannel.Success')
      return [encodeFrame(OpenExtendedMiningChannelSuccess, { ...value, extranonceSize: value.extranonceSize + 2 })];
    if (this.mood === 'closes-channel' && name === 'SetNewPrevHash') {
      const { channelId } = value;
      return [encodeFrame(CloseChannel, { channelId, reasonCode: 'maintenance' })];
    }
    if (this.swallow > 0 && name === 'SubmitShares.Success') {
      const newSubmitsAcceptedCount = Math.max(0, value.newSubmitsAcceptedCount - this.swallow);
      return [encodeFrame(SubmitSharesSuccess, { ...value, newSubmitsAcceptedCount })];
    }
    return undefined;
  }

  #template(message: TemplateDistributionMessage): void {
    this.handle({ type: 'template-message', message });
  }
}

export interface ProxyTestOptions {
  readonly extensions?: readonly number[];
}

export class TestProxy implements Server {
  readonly kind = 'proxy';
  readonly core: ProxyCore<Upstream>;
  readonly events: ProxyEvent[] = [];
  /** What went up. */
  readonly up: MiningMessage[] = [];
  /** What went down. */
  readonly down: MiningMessage[] = [];
  readonly foreignUp: Frame[] = [];
  mood: Mood = 'open';
  readonly #network: Network;
  readonly #name: string;
  readonly #extensions: readonly number[];
  readonly #upstreamSide: Client = {
    connected: (connection, flags, extensions) =>
      this.handle({ type: 'upstream-connected', connection, flags, extensions }),
    receive: (connection, bytes) => {
      const decoded = decode(bytes);
      if ('foreign' in decoded) this.handle({ type: 'upstream-foreign', connection, frame: decoded.foreign });
      else this.handle({ type: 'upstream-message', connection, message: decoded.message });
    },
    disconnected: (connection, reason) => this.handle({ type: 'upstream-disconnected', connection, reason }),
  };

  constructor(
    network: Network,
    name: string,
    upstreams: readonly Upstream[],
    { extensions = [2], ...options }: Partial<ProxyCoreOptions> & ProxyTestOptions,
  ) {
    this.#network = network;
    this.#name = name;
    this.#extensions = extensions;
    this.core = new ProxyCore<Upstream>({
      targets: {
        sharesPerMinute: 6,
        easiestTarget: targetFromHashrate(1, 6),
        hardestTarget: new Uint8Array(32).fill(0xff, 0, 24),
      },
      random: network.random,
      ...options,
      upstreams,
    });
  }

  get deadline(): number | undefined {
    return this.core.deadline;
  }

  tick(): void {
    this.handle({ type: 'tick' });
  }

  decideSetup(request: SetupConnection): MiningSetupDecision {
    return this.core.decideSetup(request);
  }

  connected(connection: number, setup: SetupConnection, extensions: ReadonlySet<number>): void {
    this.handle({ type: 'connected', connection, setup, extensions });
  }

  receive(connection: number, bytes: Uint8Array): void {
    const decoded = decode(bytes);
    if ('foreign' in decoded) this.handle({ type: 'foreign', connection, frame: decoded.foreign });
    else this.handle({ type: 'message', connection, ...decoded });
  }

  disconnected(connection: number): void {
    this.handle({ type: 'disconnected', connection });
  }

  handle(input: ProxyInput): void {
    for (const output of this.core.handle(input, this.#network.now)) {
      switch (output.type) {
        case 'send': {
          const decoded = decode(output.frame);
          if (!('foreign' in decoded)) this.down.push(decoded.message);
          for (const connection of output.to) this.#network.toClient(this.#name, connection, output.frame);
          break;
        }
        case 'close':
          this.#network.closeByServer(this.#name, output.to);
          break;
        case 'connect':
          this.#network.connect(output.upstream.host, this.#upstreamSide, output.connection, 0, this.#extensions);
          break;
        case 'upstream-send': {
          const decoded = decode(output.frame);
          if ('foreign' in decoded) this.foreignUp.push(decoded.foreign);
          else this.up.push(decoded.message);
          this.#network.toServer(this.#upstreamSide, output.connection, output.frame);
          break;
        }
        case 'upstream-close':
          this.#network.closeByClient(this.#upstreamSide, output.connection);
          break;
        case 'event':
          this.events.push(output.event);
          break;
      }
    }
    this.#network.pump();
  }

  eventsOf<T extends ProxyEvent['type']>(type: T): Extract<ProxyEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<ProxyEvent, { type: T }> => event.type === type);
  }
}

export interface FarmOptions extends Partial<Omit<DeviceCoreOptions<Upstream>, 'devices' | 'upstreams'>> {
  readonly devices?: number;
  /** Of each device, in hashes a second; they hash for real. */
  readonly hashrate?: number;
  readonly flags?: number;
  readonly extensions?: readonly number[];
}

export class TestFarm {
  readonly core: DeviceCore<Upstream>;
  readonly events: DeviceEvent[] = [];
  readonly received: MiningMessage[] = [];
  readonly accepted: number[];
  readonly rejected: string[] = [];
  /** Seconds in which a device had nothing to search, by device. */
  readonly idleSeconds: number[];
  readonly #network: Network;
  readonly #flags: number;
  readonly #extensions: readonly number[];
  readonly #hashrate: number;
  readonly #side: Client = {
    connected: (connection, flags, extensions) => this.handle({ type: 'connected', connection, flags, extensions }),
    receive: (connection, bytes) => {
      const decoded = decode(bytes);
      if ('foreign' in decoded) return;
      this.received.push(decoded.message);
      this.handle({ type: 'message', connection, message: decoded.message });
    },
    disconnected: (connection, reason) => this.handle({ type: 'disconnected', connection, reason }),
  };

  constructor(network: Network, name: string, upstreams: readonly Upstream[], options: FarmOptions) {
    const { devices = 1, hashrate = 20, flags, extensions = [], ...rest } = options;
    const { channel = 'standard', connections = 'each' } = rest;
    this.#network = network;
    this.#flags = flags ?? (channel === 'standard' && connections === 'each' ? 1 : 0);
    this.#extensions = extensions;
    this.#hashrate = hashrate;
    this.accepted = Array.from({ length: devices }, () => 0);
    this.idleSeconds = Array.from({ length: devices }, () => 0);
    this.core = new DeviceCore<Upstream>({
      devices: this.accepted.map((_, index) => ({
        name: `${name}${index}`,
        userIdentity: `${name}.${index}`,
        nominalHashrate: hashrate,
      })),
      upstreams,
      channel,
      connections,
      random: network.random,
      ...rest,
    });
  }

  get deadline(): number | undefined {
    return this.core.deadline;
  }

  tick(): void {
    this.handle({ type: 'tick' });
  }

  /** A second's worth of hashes for every device. */
  mine(): void {
    for (let device = 0; device < this.accepted.length; device++) {
      const chunk = this.core.take(device, this.#hashrate, this.#network.now);
      if (chunk === undefined) {
        this.idleSeconds[device]! += 1;
        continue;
      }
      const header = chunk.header.slice();
      const view = new DataView(header.buffer);
      for (let nonce = chunk.firstNonce; nonce < chunk.firstNonce + chunk.nonceCount; nonce++) {
        view.setUint32(76, nonce, true);
        if (meetsTarget(headerHash(header), chunk.target)) this.handle({ type: 'found', device, chunk, nonce });
      }
    }
  }

  handle(input: DeviceInput): void {
    for (const output of this.core.handle(input, this.#network.now)) {
      switch (output.type) {
        case 'send':
          for (const connection of output.to) this.#network.toServer(this.#side, connection, output.frame);
          break;
        case 'close':
          this.#network.closeByClient(this.#side, output.to);
          break;
        case 'connect':
          this.#network.connect(output.upstream.host, this.#side, output.connection, this.#flags, this.#extensions);
          break;
        case 'event': {
          const { event } = output;
          this.events.push(event);
          if (event.type === 'sharesAccepted') this.accepted[event.device]! += event.count;
          if (event.type === 'shareRejected') this.rejected.push(event.errorCode);
          break;
        }
      }
    }
    this.#network.pump();
  }

  get acceptedSum(): number {
    return this.accepted.reduce((sum, count) => sum + count, 0);
  }

  eventsOf<T extends DeviceEvent['type']>(type: T): Extract<DeviceEvent, { type: T }>[] {
    return this.events.filter((event): event is Extract<DeviceEvent, { type: T }> => event.type === type);
  }
}

export type Decoded =
  | { readonly message: MiningMessage; readonly tlvs: readonly TlvField[] }
  | { readonly foreign: Frame };

export function decode(bytes: Uint8Array): Decoded {
  const splitter = new FrameSplitter({ maxPayloadSize: () => 1 << 20 });
  splitter.push(bytes.slice());
  const frame = splitter.next()!;
  const decoded = decodeMessage('mining', frame);
  if (decoded === undefined) return { foreign: frame };
  const { name, value, rest } = decoded;
  const tlvs = rest.length === 0 ? [] : decodeTlvs(rest, new Set([2]));
  return { message: { name, value } as MiningMessage, tlvs };
}
