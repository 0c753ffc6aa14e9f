import { compareTargets } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import type { ActiveWork } from '../miningClient/work.ts';
import {
  type UpstreamSession,
  UpstreamSwitch,
  type UpstreamSwitchOutput,
  type WorkUpstream,
} from '../upstreamList/index.ts';
import { JobSender } from './jobSender.ts';
import type { Miner } from './miner.ts';
import { MinerDesk } from './minerDesk.ts';
import { MinerTable } from './minerTable.ts';
import { Outbox } from './outbox.ts';
import { ShareDesk } from './shareDesk.ts';
import { SourceTable } from './sourceTable.ts';
import {
  DEFAULT_TRANSLATOR_LIMITS,
  type TranslatorCoreOptions,
  type TranslatorInput,
  type TranslatorLimits,
  type TranslatorOutput,
} from './translatorTypes.ts';
import type { WorkSource } from './workSource.ts';

/** How often what hangs on time is looked at. */
const SWEEP_MS = 500;

/**
 * SV1 miners on one side, one SV2 upstream of a list on the other. Every miner has a channel here that judges its shares as the
 * pool will; extranonce1 is local, so miners stay whatever happens upstream.
 */
export class TranslatorCore<Upstream extends WorkUpstream = WorkUpstream> {
  readonly #options: TranslatorCoreOptions<Upstream>;
  readonly #limits: TranslatorLimits;
  readonly #outbox = new Outbox<Upstream>();
  readonly #table: MinerTable;
  readonly #sources: SourceTable;
  readonly #shares: ShareDesk;
  readonly #miners: MinerDesk;
  readonly #upstreams: UpstreamSwitch<Upstream>;
  #nextUpstreamConnection = 1;
  #isStarted = false;
  #isStopped = false;
  /** Since when no upstream gives work. */
  #absentSinceMs: number | undefined;
  #sweptMs = 0;
  #lastPrevHash: Uint8Array | undefined;

  constructor(options: TranslatorCoreOptions<Upstream>) {
    this.#options = options;
    this.#limits = { ...DEFAULT_TRANSLATOR_LIMITS, ...options.limits };
    const { keepaliveMs, retry, timeouts, clientLimits } = options;
    const limits = this.#limits;
    const outbox = this.#outbox;
    const table = new MinerTable(options, limits);
    const sources = new SourceTable(options, limits, outbox);
    const jobs = new JobSender(options, limits, table.jobIds, outbox);
    const shares = new ShareDesk(jobs, sources, outbox);
    const work = {
      start: (now: Now) => this.#start(now),
      request: (miner: Miner, now: Now) => this.#request(miner, now),
      left: (miner: Miner, source: WorkSource | undefined) => this.#left(miner, source),
    };
    this.#table = table;
    this.#sources = sources;
    this.#shares = shares;
    this.#miners = new MinerDesk({ table, jobs, shares, work, outbox, limits, keepaliveMs });
    this.#upstreams = new UpstreamSwitch<Upstream>({
      upstreams: options.upstreams,
      random: () => new DataView(options.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32,
      newConnection: () => this.#nextUpstreamConnection++,
      refuseWork: (session) => (sources.trunkPays(session) ? undefined : 'payout-broken'),
      trunk: () => sources.trunkRequest(table.values()),
      ...(retry === undefined ? {} : { retry }),
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(clientLimits === undefined ? {} : { clientLimits }),
    });
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    if (!this.#isStarted || this.#isStopped) return undefined;
    const sweep = this.#sweptMs + SWEEP_MS;
    return Math.min(sweep, this.#upstreams.deadline ?? sweep);
  }

  get miners(): Iterable<Miner> {
    return this.#table.values();
  }

  get minerCount(): number {
    return this.#table.size;
  }

  miner(connection: number): Miner | undefined {
    return this.#table.get(connection);
  }

  /** The upstream that gives work now. */
  get upstream(): UpstreamSession<Upstream> | undefined {
    return this.#upstreams.active;
  }

  get sources(): Iterable<WorkSource> {
    return this.#sources.values();
  }

  handle(input: TranslatorInput, now: Now): readonly TranslatorOutput<Upstream>[] {
    if (this.#isStopped) return [];
    switch (input.type) {
      case 'miner-connected':
        this.#miners.connected(input.connection, input.address, now);
        break;
      case 'miner-line':
        this.#miners.line(input.connection, input.line, now);
        break;
      case 'miner-disconnected':
        this.#miners.disconnected(input.connection, now);
        break;
      case 'upstream-connected':
        this.#apply(this.#upstreams.connected(input.connection, input.flags, input.extensions, now), now);
        break;
      case 'upstream-message':
        this.#apply(this.#upstreams.message(input.connection, input.message, now), now);
        break;
      case 'upstream-disconnected':
        this.#apply(this.#upstreams.disconnected(input.connection, input.reason, now), now);
        break;
      case 'stop':
        for (const miner of [...this.#table.values()]) this.#miners.close(miner, 'shutdown', now);
        this.#apply(this.#upstreams.stop('shutdown'), now);
        this.#isStopped = true;
        break;
      case 'tick':
        this.#tick(now);
    }
    return this.#outbox.take();
  }

  /** No upstream is asked for anything before somebody speaks SV1 here. */
  #start(now: Now): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#absentSinceMs = now.monotonicMs;
    this.#sweptMs = now.monotonicMs;
    this.#apply(this.#upstreams.start(now), now);
  }

  #request(miner: Miner, now: Now): void {
    const session = this.#upstreams.active;
    if (session === undefined) return;
    if (this.#options.aggregateChannels) this.#miners.attach(miner, this.#sources.trunkOf(session), now);
    else this.#sources.openFor(miner, session);
  }

  #left(miner: Miner, source: WorkSource | undefined): void {
    this.#sources.cancelOpening(miner);
    if (source !== undefined && !this.#options.aggregateChannels) this.#sources.close(source);
  }

  #tick(now: Now): void {
    if (!this.#isStarted) return;
    this.#apply(this.#upstreams.tick(now), now);
    if (now.monotonicMs < this.#sweptMs + SWEEP_MS) return;
    this.#sweptMs = now.monotonicMs;
    this.#expire(now);
    this.#miners.tick(now);
    this.#sources.tick(now);
  }

  /** Miners that wait too long for work are closed, so that their own fallback works. */
  #expire(now: Now): void {
    const hasWaited = (sinceMs: number | undefined): boolean =>
      sinceMs !== undefined && now.monotonicMs - sinceMs >= this.#limits.noWorkMs;
    const isAbsent = hasWaited(this.#absentSinceMs);
    let hasExpired = false;
    for (const miner of [...this.#table.values()]) {
      if (isAbsent && hasWaited(miner.connectedMs)) {
        if (!hasExpired) this.#outbox.event({ type: 'workExpired' });
        hasExpired = true;
        this.#miners.close(miner, 'no-upstream', now);
      } else if (hasWaited(miner.waitingSinceMs)) this.#miners.close(miner, 'no-channel', now);
    }
  }

  #apply(switched: readonly UpstreamSwitchOutput<Upstream>[], now: Now): void {
    for (const output of switched) {
      switch (output.type) {
        case 'send':
          for (const connection of output.to)
            this.#outbox.push({ type: 'upstream-send', connection, frame: output.frame, kind: output.kind });
          break;
        case 'close':
          this.#outbox.push({ type: 'upstream-close', connection: output.to, reason: output.reason });
          break;
        case 'channels':
          this.#outbox.push({ type: 'upstream-channels', connection: output.connection, open: output.open });
          break;
        case 'connect':
        case 'event':
          this.#outbox.push(output);
          break;
        case 'active':
          this.#activated(output.session, now);
          break;
        case 'received':
          for (const received of output.outputs) this.#received(output.session, received, now);
          break;
        case 'ended':
          this.#sources.ended(output.session);
      }
    }
  }

  /** The miners go over to another upstream, or to none. */
  #activated(session: UpstreamSession<Upstream> | undefined, now: Now): void {
    for (const miner of this.#table.values()) this.#miners.detach(miner, now);
    this.#sources.forgetOpenings();
    if (session === undefined) {
      this.#absentSinceMs ??= now.monotonicMs;
      return;
    }
    this.#absentSinceMs = undefined;
    const trunk = this.#sources.trunkOf(session);
    this.#work(trunk, false, now);
    for (const miner of [...this.#table.values()]) {
      // The trunk's work may have answered calls of a miner that waited for it, and one of them asked for a channel.
      const isServed = miner.source !== undefined || miner.openingId !== undefined;
      if (miner.firstWorker === undefined || isServed) continue;
      miner.waitingSinceMs = now.monotonicMs;
      this.#request(miner, now);
    }
  }

  #received(session: UpstreamSession<Upstream>, received: MiningClientOutput, now: Now): void {
    const isActive = session === this.#upstreams.active;
    switch (received.type) {
      case 'opened':
        if (isActive) this.#opened(session, received.requestId, received.channel, now);
        return;
      case 'refused': {
        const miner = isActive ? this.#sources.takeOpening(received.requestId) : undefined;
        if (miner !== undefined) this.#miners.refuse(miner, received.errorCode, now);
        return;
      }
      case 'work': {
        const source = this.#sources.get(received.channel);
        if (source !== undefined && isActive) this.#work(source, received.newTip, now);
        return;
      }
      case 'accepted':
      case 'rejected':
        this.#shares.answered(received, now);
        return;
      case 'updateRefused': {
        const { channelId, errorCode } = received;
        this.#outbox.event({ type: 'upstreamUpdateRefused', channelId, errorCode });
        return;
      }
      case 'channelClosed': {
        const source = this.#sources.get(received.channel);
        if (source === undefined) return;
        this.#sources.forget(source);
        // The trunk's end is the switch's business; a miner with a channel of its own comes back and asks anew.
        if (received.channel === session.trunk) return;
        for (const miner of [...source.miners]) this.#miners.close(miner, 'channel-closed', now);
        return;
      }
      default:
        return;
    }
  }

  #opened(session: UpstreamSession<Upstream>, requestId: number, channel: ClientChannel, now: Now): void {
    const miner = this.#sources.takeOpening(requestId);
    if (miner === undefined) this.#sources.giveBack(session, channel);
    else this.#miners.attach(miner, this.#sources.opened(session, channel, miner), now);
  }

  #work(source: WorkSource, newTip: boolean, now: Now): void {
    const { work } = source;
    if (work === undefined) return;
    this.#noteTip(work);
    if (this.#options.verifyPayout && !source.pays(work)) this.#leave(source, now);
    else this.#miners.newWork(source, newTip, now);
  }

  /** An upstream that does not pay what it promised is not worked for. */
  #leave(source: WorkSource, now: Now): void {
    const { channelId, userIdentity } = source.channel;
    this.#outbox.event({ type: 'payoutBroken', channelId, userIdentity });
    const session = this.#upstreams.active;
    if (session === source.session) this.#apply(this.#upstreams.refuse(session, 'payout-broken', now), now);
  }

  #noteTip({ tip }: ActiveWork): void {
    const before = this.#lastPrevHash;
    if (before !== undefined && compareTargets(before, tip.prevHash) === 0) return;
    this.#lastPrevHash = tip.prevHash;
    this.#table.chainTipChanged();
  }
}
