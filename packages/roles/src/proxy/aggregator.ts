import { compareTargets } from '@stratumkit/bitcoin';
import { ExtranonceAllocator, ShareIdentities } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { MiningMessage } from '@stratumkit/messages';
import { createPayout } from '../jobFactory/payout.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import type { MiningEvent } from '../miningServer/events.ts';
import { MiningServer } from '../miningServer/miningServer.ts';
import { refuseShare } from '../miningServer/refuseShare.ts';
import type { MiningServerInput, MiningServerOutput } from '../miningServer/types.ts';
import type { ConnectionId } from '../output.ts';
import type { UpstreamChannel } from '../statistics/monitoringRoutes.ts';
import type { TrunkRequest } from '../upstreamList/index.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import { ChannelSums, MAX_TARGET } from './channelSums.ts';
import type { Outputs, ProxyMode } from './proxyMode.ts';
import {
  DEFAULT_PROXY_LIMITS,
  type DownstreamInput,
  type ProxyCoreOptions,
  type ProxyLimits,
  type ProxyOutput,
  type ProxyTotals,
} from './proxyTypes.ts';
import type { Step } from './sentShares.ts';
import { inheritedFlags, isUnfit } from './setupPolicy.ts';
import { ShareForwarder, type TrunkShare } from './shareForwarder.ts';
import { UpstreamJobs, workTipOf } from './upstreamJobs.ts';

const DEFAULT_EXTRANONCE_SIZES = [12, 10, 8, 6, 4];
/** Bytes that tell downstream channels apart. */
const INDEX_SIZE = 2;
/** Requests of one connection that wait for an upstream. */
const MAX_EARLY_MESSAGES = 16;

type Connected = Extract<DownstreamInput, { type: 'connected' }>;
type Message = Extract<DownstreamInput, { type: 'message' }>;

interface Downstream {
  connected: Connected;
  /** Came while no upstream served work. */
  readonly early: Message[];
}

/** Everything that depends on how much extranonce space there is to share out. */
interface Space {
  readonly size: number;
  readonly server: MiningServer;
  readonly jobs: UpstreamJobs;
}

/** All downstream channels mine inside one upstream channel, the trunk, of which this proxy is the endpoint. */
export class Aggregator implements ProxyMode {
  readonly #options: ProxyCoreOptions;
  readonly #limits: ProxyLimits;
  readonly #sums: ChannelSums;
  readonly #identities: ShareIdentities;
  readonly #forwarder: ShareForwarder;
  readonly #downstreams = new Map<ConnectionId, Downstream>();
  #space: Space | undefined;
  #active: UpstreamSession | undefined;
  #isDraining = false;
  /** What the trunk was told last. */
  #told: { readonly hashrate: number; readonly target: Uint8Array } | undefined;
  #updateAtMs: number | undefined;
  #updatedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: ProxyCoreOptions) {
    this.#options = options;
    this.#limits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
    this.#sums = new ChannelSums(options.targets);
    this.#identities = new ShareIdentities(0, '');
    const jobOf = (templateId: bigint) => this.#space?.jobs.get(templateId);
    const { answerAlarmMs, maxUnansweredShares } = this.#limits;
    this.#forwarder = new ShareForwarder(jobOf, answerAlarmMs, maxUnansweredShares);
  }

  get connections(): number {
    return this.#downstreams.size;
  }

  get openChannels(): number {
    return this.#space?.server.openChannels ?? 0;
  }

  get totals(): ProxyTotals {
    return { ...this.#forwarder.sent.counters };
  }

  get unansweredShares(): number {
    return this.#forwarder.sent.unanswered;
  }

  get deadline(): number | undefined {
    const times = [this.#space?.server.deadline, this.#forwarder.sent.deadline, this.#updateAtMs];
    const earliest = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  upstreamChannels({ trunk }: UpstreamSession): readonly UpstreamChannel[] {
    if (trunk === undefined) return [];
    const { channelId, kind, userIdentity, target, extranoncePrefix, extranonceSize } = trunk;
    const nominalHashrate = this.#sums.hashrate;
    return [{ channelId, kind, userIdentity, nominalHashrate, target, extranoncePrefix, extranonceSize }];
  }

  trunk(isStandby: boolean): TrunkRequest {
    const extranonceSizes = this.#options.extranonceSizes ?? DEFAULT_EXTRANONCE_SIZES;
    return {
      // Nobody mines on a standby channel.
      nominalHashrate: isStandby ? 0 : this.#sums.hashrate,
      maxTarget: isStandby ? MAX_TARGET : this.#sums.target,
      extranonceSizes: this.#space !== undefined && this.openChannels > 0 ? [this.#space.size] : extranonceSizes,
    };
  }

  downstream(input: DownstreamInput, now: Now): Outputs {
    switch (input.type) {
      case 'connected':
        this.#downstreams.set(input.connection, { connected: input, early: [] });
        break;
      case 'disconnected':
        this.#downstreams.delete(input.connection);
        break;
      case 'extensions': {
        const downstream = this.#downstreams.get(input.connection);
        if (downstream !== undefined) downstream.connected = { ...downstream.connected, extensions: input.extensions };
        break;
      }
      case 'foreign':
        // The proxy is the endpoint of its channels, and knows no such extension (spec 3.4.1).
        return [];
      case 'message':
        return this.#receive(input, now);
    }
    return this.#space === undefined ? [] : this.#serve(this.#space, input, now);
  }

  active(session: UpstreamSession | undefined, now: Now): Outputs {
    this.#active = session;
    this.#told = undefined;
    const { trunk } = session ?? {};
    if (session === undefined || trunk?.work === undefined) return [];
    const outputs: ProxyOutput<never>[] = this.#fitSpace(trunk.extranonceSize, now);
    const { server, jobs } = this.#space!;
    outputs.push(...this.#dropUnfit(session.flags));
    const job = jobs.of(session, trunk.work.job);
    job.activated(trunk.work);
    const serve = (input: MiningServerInput) => outputs.push(...this.#serve({ server }, input, now));
    serve({ type: 'futureWorkLost' });
    serve({ type: 'tip', tip: workTipOf(trunk.work.tip), work: job.work });
    for (const future of trunk.futureJobs) serve({ type: 'futureWork', work: jobs.of(session, future).work });
    for (const { early } of this.#downstreams.values())
      for (const message of early.splice(0)) outputs.push(...this.#receive(message, now));
    return [...outputs, ...this.#updateSoon(now)];
  }

  received(
    session: UpstreamSession,
    _message: MiningMessage,
    clientOutputs: readonly MiningClientOutput[],
    now: Now,
  ): Outputs {
    return clientOutputs.flatMap((output) => [
      ...this.#settle(this.#forwarder.sent.answered(output), now),
      ...(session === this.#active ? this.#follow(session, output, now) : []),
    ]);
  }

  foreign(): Outputs {
    return [];
  }

  ended(session: UpstreamSession, now: Now): Outputs {
    return this.#settle(this.#forwarder.sent.ended(session.trunk), now);
  }

  expire(now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [];
    if (this.#space !== undefined) outputs.push(...this.#serve(this.#space, { type: 'workExpired' }, now));
    else
      for (const connection of this.#downstreams.keys())
        outputs.push({ type: 'close', to: connection, reason: 'no-work' });
    return outputs;
  }

  drain(now: Now): Outputs {
    this.#isDraining = true;
    if (this.#space !== undefined) return this.#serve(this.#space, { type: 'drain' }, now);
    return [...this.#downstreams.keys()].map((to) => ({ type: 'close', to, reason: 'shutting-down' }));
  }

  tick(now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [];
    if (this.#space !== undefined) outputs.push(...this.#serve(this.#space, { type: 'tick' }, now));
    outputs.push(...this.#settle(this.#forwarder.sent.tick(now), now));
    if (this.#updateAtMs !== undefined && now.monotonicMs >= this.#updateAtMs) outputs.push(...this.#update(now));
    return outputs;
  }

  #receive(input: Message, now: Now): Outputs {
    const { message, connection } = input;
    const downstream = this.#downstreams.get(connection);
    if (downstream === undefined) return [];
    const isOpening = message.name === 'OpenStandardMiningChannel' || message.name === 'OpenExtendedMiningChannel';
    // Nothing is handed out while there is no work.
    if (this.#space === undefined || (this.#active === undefined && isOpening)) {
      if (this.#isDraining || downstream.early.length >= MAX_EARLY_MESSAGES)
        return [{ type: 'close', to: connection, reason: 'no-work' }];
      downstream.early.push(structuredCopy(input));
      return [];
    }
    if (message.name === 'SubmitSharesStandard' || message.name === 'SubmitSharesExtended') {
      this.#forwarder.sent.counters.sharesIn++;
      if (this.#active === undefined) return refuseStale(connection, message.value);
    }
    const outputs = [...this.#serve(this.#space, input, now, message)];
    if (message.name === 'UpdateChannel') {
      const { channelId, nominalHashRate, maximumTarget } = message.value;
      if (this.#sums.updated(keyOf({ connection, channelId }), nominalHashRate, maximumTarget))
        outputs.push(...this.#updateSoon(now));
    }
    return outputs;
  }

  /** What the trunk channel is told goes to all downstream channels. */
  #follow(session: UpstreamSession, output: MiningClientOutput, now: Now): Outputs {
    const { trunk } = session;
    if (this.#space === undefined || !('channel' in output) || output.channel !== trunk) return [];
    const { jobs } = this.#space;
    if (output.type === 'futureJob')
      return this.#serve(this.#space, { type: 'futureWork', work: jobs.of(session, output.job).work }, now);
    if (output.type !== 'work' || trunk.work === undefined) return [];
    const job = jobs.of(session, trunk.work.job);
    job.activated(trunk.work);
    const { work } = job;
    if (!output.newTip) return this.#serve(this.#space, { type: 'work', work }, now);
    return this.#serve(this.#space, { type: 'tip', tip: workTipOf(trunk.work.tip), work }, now);
  }

  /** The space that is shared out has to fit into what the trunk has; channels that hold a part of another one are dropped. */
  #fitSpace(trunkSize: number, now: Now): ProxyOutput<never>[] {
    const before = this.#space;
    if (before !== undefined && (before.size === trunkSize || (before.size < trunkSize && this.openChannels > 0)))
      return [];
    const outputs: ProxyOutput<never>[] = [];
    const isLost = this.openChannels > 0;
    // Nothing is said to them any more, but their channels are to be counted as closed.
    if (before !== undefined && isLost)
      for (const connection of this.#downstreams.keys())
        outputs.push(...this.#serve(before, { type: 'disconnected', connection }, now));
    this.#space = this.#createSpace(trunkSize);
    for (const { connected } of this.#downstreams.values()) {
      if (isLost) outputs.push({ type: 'close', to: connected.connection, reason: 'extranonce-space-changed' });
      else
        outputs.push(
          ...this.#serve(this.#space, connected, now).filter(({ type }) => before === undefined || type !== 'event'),
        );
    }
    return outputs;
  }

  #createSpace(size: number): Space {
    const { targets, retargeting, shareBatchSize, maxBatchDelayMs, hash, createJobHasher, serverLimits } =
      this.#options;
    const payout = createPayout(new Uint8Array(0));
    const extranonces = new ExtranonceAllocator({
      localPrefix: new Uint8Array(0),
      indexSize: Math.min(INDEX_SIZE, size),
      totalSize: size,
    });
    const server = new MiningServer({
      // The upstream pays; all downstream channels have the same jobs.
      payouts: { bound: { size: 0, sigops: 0 }, payoutOf: () => payout },
      extranonces,
      targets,
      identities: this.#identities,
      holdsShare: (share) => this.#forwarder.isWanted(share),
      ...(retargeting === undefined ? {} : { retargeting }),
      ...(shareBatchSize === undefined ? {} : { shareBatchSize }),
      ...(maxBatchDelayMs === undefined ? {} : { maxBatchDelayMs }),
      ...(hash === undefined ? {} : { hash }),
      ...(createJobHasher === undefined ? {} : { createJobHasher }),
      ...(serverLimits === undefined ? {} : { limits: serverLimits }),
    });
    return { size, server, jobs: new UpstreamJobs(size) };
  }

  /** At their next setup they are refused, or told what holds now. */
  #dropUnfit(upstreamFlags: number): ProxyOutput<never>[] {
    const outputs: ProxyOutput<never>[] = [];
    const inherited = inheritedFlags(upstreamFlags, true);
    for (const { connected } of this.#downstreams.values())
      if (isUnfit(connected.setup.flags, connected.grantedFlags ?? 0, inherited))
        outputs.push({ type: 'close', to: connected.connection, reason: 'upstream-flags' });
    return outputs;
  }

  #serve({ server }: Pick<Space, 'server'>, input: MiningServerInput, now: Now, message?: MiningMessage): Outputs {
    return server.handle(input, now).flatMap((output) => this.#react(server, output, message, now));
  }

  #react(
    server: MiningServer,
    output: MiningServerOutput,
    message: MiningMessage | undefined,
    now: Now,
  ): readonly ProxyOutput<never>[] {
    switch (output.type) {
      case 'commit':
        // Credit is the upstream's business; what it counts was waited for already.
        return this.#serve({ server }, { type: 'committed', batchId: output.batch.batchId }, now);
      case 'held':
        return this.#forward(server, output, now);
      case 'solution':
        if (output.foundBy.accepted) return [];
        return this.#settle(this.#forwarder.rescue(output.solution, output.foundBy, now), now);
      case 'event':
        return [output, ...this.#note(output.event, message, now)];
      default:
        return [output];
    }
  }

  #forward(
    server: MiningServer,
    { ticket, share }: Extract<MiningServerOutput, { type: 'held' }>,
    now: Now,
  ): readonly ProxyOutput<never>[] {
    const steps = this.#forwarder.forward({ server, number: ticket }, share, now);
    if (steps !== undefined) return this.#settle(steps, now);
    return this.#serve({ server }, { type: 'verdict', ticket, outcome: 'stale-share' }, now);
  }

  #settle(steps: readonly Step<TrunkShare>[], now: Now): readonly ProxyOutput<never>[] {
    return steps.flatMap((step) => {
      if ('type' in step) return [step];
      const { ticket } = step.share;
      if (ticket === undefined || ticket.server !== this.#space?.server) return [];
      return this.#serve(this.#space, { type: 'verdict', ticket: ticket.number, outcome: step.outcome }, now);
    });
  }

  #note(event: MiningEvent, message: MiningMessage | undefined, now: Now): Outputs {
    switch (event.type) {
      case 'channelOpened': {
        const maxTarget = message !== undefined && 'maxTarget' in message.value ? message.value.maxTarget : MAX_TARGET;
        this.#sums.opened(keyOf(event), event.nominalHashrate, event.target, maxTarget);
        break;
      }
      case 'target':
        this.#sums.retargeted(keyOf(event), event.target);
        break;
      case 'channelClosed':
        this.#sums.closed(keyOf(event));
        break;
      default:
        return [];
    }
    return this.#updateSoon(now);
  }

  #updateSoon(now: Now): Outputs {
    if (this.#active === undefined || this.#updateAtMs !== undefined) return [];
    const earliest = this.#updatedAtMs + this.#limits.updateMs;
    if (now.monotonicMs >= earliest) return this.#update(now);
    this.#updateAtMs = earliest;
    return [];
  }

  #update(now: Now): Outputs {
    this.#updateAtMs = undefined;
    const { trunk } = this.#active ?? {};
    // The upstream may have closed the channel already, and is about to be left.
    if (this.#active === undefined || trunk === undefined || !this.#active.holds(trunk)) return [];
    const { hashrate, target } = this.#sums;
    const told = this.#told;
    if (told !== undefined && told.hashrate === hashrate && compareTargets(told.target, target) === 0) return [];
    this.#told = { hashrate, target };
    this.#updatedAtMs = now.monotonicMs;
    const { client, connection } = this.#active;
    const { frame } = client.update(trunk.channelId, hashrate, target);
    return [{ type: 'upstream-send', connection, frame, kind: 'control' }];
  }
}

function keyOf({ connection, channelId }: { readonly connection: ConnectionId; readonly channelId: number }): string {
  return `${connection}:${channelId}`;
}

/** Work of an upstream that is gone is worth nothing, whoever comes next. */
function refuseStale(
  connection: ConnectionId,
  { channelId, sequenceNumber, jobId }: { channelId: number; sequenceNumber: number; jobId: number },
): Outputs {
  const origin = { connection, channelId, userIdentity: undefined, worker: undefined, sequenceNumber, jobId };
  return refuseShare(origin, 'stale-share');
}

/** Decoded byte fields are views that do not outlive the handler. */
function structuredCopy(input: Message): Message {
  const value: Record<string, unknown> = { ...input.message.value };
  for (const [key, field] of Object.entries(value)) if (field instanceof Uint8Array) value[key] = field.slice();
  return { ...input, message: { ...input.message, value } as MiningMessage, tlvs: [] };
}
