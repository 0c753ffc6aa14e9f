import { bigintToTarget, compareTargets, MAX_TARGET, meetsTarget } from '@stratumkit/bitcoin';
import type { ExtendedJobTemplate } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import {
  difficultyLine,
  notifyLine,
  type PendingCall,
  rpcError,
  type ServerSessionOutput,
  type SubmitParams,
} from '@stratumkit/sv1';
import {
  channelIdentity,
  coinbaseSize,
  notifyOf,
  parseJobId,
  rpcErrorOf,
  shareOf,
  shareVersion,
  upstreamExtranonce,
  workerOf,
} from '@stratumkit/translation';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { type ActiveWork, maxNtime } from '../miningClient/work.ts';
import type { ConnectionId } from '../output.ts';
import {
  type UpstreamSession,
  UpstreamSwitch,
  type UpstreamSwitchOutput,
  type WorkUpstream,
} from '../upstreamList/index.ts';
import type { Miner } from './miner.ts';
import { LOCAL_EXTRANONCE_SIZE, MinerTable } from './minerTable.ts';
import type { JobReason, ShareRefusal, TranslatorEvent } from './translatorEvent.ts';
import {
  DEFAULT_TRANSLATOR_LIMITS,
  type TranslatorCoreOptions,
  type TranslatorInput,
  type TranslatorLimits,
  type TranslatorOutput,
} from './translatorTypes.ts';
import { WorkSource } from './workSource.ts';

/** Version bits that mining hardware is known to roll (BIP320). */
const HARDWARE_VERSION_MASK = 0x1fffe000;
/** How often what hangs on time is looked at. */
const SWEEP_MS = 500;
const ANY_TARGET = bigintToTarget(MAX_TARGET);

type Outputs<Upstream extends WorkUpstream> = TranslatorOutput<Upstream>[];

/**
 * SV1 miners on one side, one SV2 upstream of a list on the other. Every miner has a channel here that judges its shares as the
 * pool will; extranonce1 is local, so miners stay whatever happens upstream.
 */
export class TranslatorCore<Upstream extends WorkUpstream = WorkUpstream> {
  readonly #options: TranslatorCoreOptions<Upstream>;
  readonly #limits: TranslatorLimits;
  readonly #localSize: number;
  readonly #miners: MinerTable;
  readonly #upstreams: UpstreamSwitch<Upstream>;
  readonly #sources = new Map<ClientChannel, WorkSource>();
  /** Channels asked for, by connection and request. */
  readonly #openings = new Map<string, Miner>();
  readonly #origins = new WeakMap<ExtendedJobTemplate, { readonly source: WorkSource; readonly work: ActiveWork }>();
  #nextUpstreamConnection = 1;
  #isStarted = false;
  #isStopped = false;
  #allowedMask: number | undefined;
  #absentSinceMs: number | undefined;
  #sweptMs = 0;
  #lastPrevHash: Uint8Array | undefined;
  #largestCoinbase = 0;

  constructor(options: TranslatorCoreOptions<Upstream>) {
    this.#options = options;
    this.#limits = { ...DEFAULT_TRANSLATOR_LIMITS, ...options.limits };
    this.#localSize = LOCAL_EXTRANONCE_SIZE + options.extranonce2Size;
    this.#miners = new MinerTable(options, this.#limits);
    const { retry, timeouts, clientLimits } = options;
    this.#upstreams = new UpstreamSwitch<Upstream>({
      upstreams: options.upstreams,
      random: () => new DataView(options.randomBytes(4).slice().buffer).getUint32(0) / 2 ** 32,
      newConnection: () => this.#nextUpstreamConnection++,
      refuseWork: (session) => this.#refuseTrunk(session),
      trunk: () => ({ ...this.#claim([...this.#miners.values()]), extranonceSizes: [this.#localSize] }),
      ...(retry === undefined ? {} : { retry }),
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(clientLimits === undefined ? {} : { clientLimits }),
    });
  }

  get deadline(): number | undefined {
    if (!this.#isStarted || this.#isStopped) return undefined;
    const sweep = this.#sweptMs + SWEEP_MS;
    return Math.min(sweep, this.#upstreams.deadline ?? sweep);
  }

  get miners(): Iterable<Miner> {
    return this.#miners.values();
  }

  get minerCount(): number {
    return this.#miners.size;
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
    const outputs: Outputs<Upstream> = [];
    switch (input.type) {
      case 'miner-connected': {
        const { connection, address } = input;
        const miner = this.#miners.add(connection, address, now);
        emit(outputs, { type: 'minerConnected', connection, address });
        if (this.#allowedMask !== undefined) miner.session.setAllowedVersionMask(this.#allowedMask);
        break;
      }
      case 'miner-line': {
        const miner = this.#miners.get(input.connection);
        if (miner !== undefined) this.#session(miner, miner.session.handle(input.line), outputs, now);
        break;
      }
      case 'miner-disconnected':
        this.#leave(input.connection, outputs, now);
        break;
      case 'upstream-connected':
        this.#switch(this.#upstreams.connected(input.connection, input.flags, input.extensions, now), outputs, now);
        break;
      case 'upstream-message':
        this.#switch(this.#upstreams.message(input.connection, input.message, now), outputs, now);
        break;
      case 'upstream-disconnected':
        this.#switch(this.#upstreams.disconnected(input.connection, input.reason, now), outputs, now);
        break;
      case 'stop':
        for (const miner of [...this.#miners.values()]) this.#close(miner, 'shutdown', outputs, now);
        this.#switch(this.#upstreams.stop('shutdown'), outputs, now);
        this.#isStopped = true;
        break;
      case 'tick':
        this.#tick(outputs, now);
    }
    return outputs;
  }

  #tick(outputs: Outputs<Upstream>, now: Now): void {
    if (!this.#isStarted) return;
    this.#switch(this.#upstreams.tick(now), outputs, now);
    if (now.monotonicMs < this.#sweptMs + SWEEP_MS) return;
    this.#sweptMs = now.monotonicMs;
    this.#miners.tick(now);
    this.#expireWork(outputs, now);
    const { keepaliveMs } = this.#options;
    for (const miner of this.#miners.values()) {
      if (miner.source?.work === undefined || !miner.isReady) continue;
      if (now.monotonicMs >= miner.vardiffDueMs && miner.tick(now)) {
        this.#retold(miner, miner.source, outputs, now);
      } else if (keepaliveMs > 0 && now.monotonicMs - miner.lastNotifyMs >= keepaliveMs) {
        this.#sendJob([miner], miner.source, false, 'keepalive', outputs, now);
      }
    }
    for (const source of this.#sources.values()) this.#updateUpstream(source, outputs, now);
  }

  #expireWork(outputs: Outputs<Upstream>, now: Now): void {
    const { noWorkMs } = this.#limits;
    if (
      this.#absentSinceMs !== undefined &&
      now.monotonicMs - this.#absentSinceMs >= noWorkMs &&
      this.#miners.size > 0
    ) {
      const isWaited = [...this.#miners.values()].some(({ connectedMs }) => now.monotonicMs - connectedMs >= noWorkMs);
      if (isWaited) emit(outputs, { type: 'workExpired' });
      for (const miner of [...this.#miners.values()]) {
        if (now.monotonicMs - miner.connectedMs >= noWorkMs) this.#close(miner, 'no-upstream', outputs, now);
      }
      return;
    }
    for (const miner of [...this.#miners.values()]) {
      const { waitingSinceMs } = miner;
      if (waitingSinceMs !== undefined && now.monotonicMs - waitingSinceMs >= noWorkMs) {
        this.#close(miner, 'no-channel', outputs, now);
      }
    }
  }

  // Miners

  #session(miner: Miner, session: readonly ServerSessionOutput[], outputs: Outputs<Upstream>, now: Now): void {
    const { connection } = miner;
    for (const output of session) {
      switch (output.type) {
        case 'send':
          outputs.push({ type: 'miner-send', to: [connection], line: output.line });
          break;
        case 'greeted':
          this.#start(outputs, now);
          break;
        case 'subscribed':
          miner.userAgent = output.userAgent;
          emit(outputs, { type: 'minerSubscribed', connection, userAgent: output.userAgent });
          this.#welcome(miner, outputs, now);
          break;
        case 'authorize':
          this.#authorize(miner, output.call, output.workerName, outputs, now);
          break;
        case 'submit':
          this.#submit(miner, output.call, output.share, outputs, now);
          break;
        case 'shareRefused': {
          const refusal = output.workerName === undefined ? 'not-authorized' : 'malformed';
          miner.totals.refused++;
          emit(outputs, { type: 'shareRefused', connection, workerName: output.workerName, refusal });
          break;
        }
        case 'suggestedTarget':
          if (miner.suggest(output.target, output.strict, now) && miner.source !== undefined && miner.isReady)
            this.#retold(miner, miner.source, outputs, now);
          break;
        case 'fault':
          emit(outputs, { type: 'lineFault', connection, code: output.code });
          break;
        case 'end':
          this.#close(miner, output.reason, outputs, now);
          return;
        case 'configured':
          break;
      }
    }
  }

  /** No upstream is asked for anything before somebody speaks SV1 here. */
  #start(outputs: Outputs<Upstream>, now: Now): void {
    if (this.#isStarted) return;
    this.#isStarted = true;
    this.#absentSinceMs = now.monotonicMs;
    this.#sweptMs = now.monotonicMs;
    this.#switch(this.#upstreams.start(now), outputs, now);
  }

  #authorize(miner: Miner, call: PendingCall, workerName: string, outputs: Outputs<Upstream>, now: Now): void {
    miner.firstWorker ??= workerName;
    if (miner.source !== undefined) {
      this.#authorized(miner, call, workerName, outputs, now);
      this.#welcome(miner, outputs, now);
      return;
    }
    const isFirst = miner.waiting.length === 0;
    miner.waiting.push({ call, workerName });
    miner.waitingSinceMs ??= now.monotonicMs;
    const active = this.#upstreams.active;
    if (active === undefined || !isFirst) return;
    if (this.#options.aggregateChannels) this.#attach(miner, this.#trunkSource(active, outputs), outputs, now);
    else this.#openFor(miner, active, outputs);
  }

  #authorized(miner: Miner, call: PendingCall, workerName: string, outputs: Outputs<Upstream>, now: Now): void {
    this.#session(miner, miner.session.authorize(call, workerName), outputs, now);
    emit(outputs, { type: 'workerAuthorized', connection: miner.connection, workerName });
  }

  /** The first job, once there is all that it takes. */
  #welcome(miner: Miner, outputs: Outputs<Upstream>, now: Now): void {
    if (miner.source === undefined || !miner.isReady || miner.lastNotifyMs !== 0) return;
    this.#sendJob([miner], miner.source, true, 'joined', outputs, now);
  }

  #openFor(miner: Miner, session: UpstreamSession<Upstream>, outputs: Outputs<Upstream>): void {
    const { requestId, output } = session.client.open({
      kind: 'extended',
      userIdentity: channelIdentity(session.upstream.userIdentity, miner.firstWorker!),
      minExtranonceSize: this.#localSize,
      ...this.#claim([miner]),
    });
    this.#openings.set(openingKey(session, requestId), miner);
    outputs.push({ type: 'upstream-send', connection: session.connection, frame: output.frame, kind: output.kind });
  }

  #attach(miner: Miner, source: WorkSource, outputs: Outputs<Upstream>, now: Now): void {
    miner.source = source;
    source.miners.add(miner);
    source.needsUpdate = true;
    const { waiting } = miner;
    miner.waiting = [];
    miner.waitingSinceMs = undefined;
    miner.lastNotifyMs = 0;
    for (const { call, workerName } of waiting) this.#authorized(miner, call, workerName, outputs, now);
    this.#welcome(miner, outputs, now);
  }

  #detach(miner: Miner): void {
    const { source } = miner;
    miner.source = undefined;
    if (source === undefined) return;
    source.miners.delete(miner);
    source.needsUpdate = true;
  }

  #close(miner: Miner, reason: string, outputs: Outputs<Upstream>, now: Now): void {
    outputs.push({ type: 'miner-close', to: miner.connection, reason });
    emit(outputs, { type: 'minerClosed', connection: miner.connection, reason });
    this.#leave(miner.connection, outputs, now);
  }

  #leave(connection: ConnectionId, outputs: Outputs<Upstream>, now: Now): void {
    const miner = this.#miners.get(connection);
    if (miner === undefined) return;
    const { source } = miner;
    this.#detach(miner);
    this.#miners.remove(miner, now);
    emit(outputs, { type: 'minerGone', connection });
    if (source !== undefined && !this.#options.aggregateChannels) this.#closeSource(source, outputs);
  }

  #closeSource(source: WorkSource, outputs: Outputs<Upstream>): void {
    this.#forgetSource(source, outputs);
    const { session, channel } = source;
    if (session.stage === 'ended' || !session.client.channels.has(channel.channelId)) return;
    const { frame, kind } = session.client.close(channel.channelId, 'miner-gone');
    outputs.push({ type: 'upstream-send', connection: session.connection, frame, kind });
    outputs.push({
      type: 'upstream-channels',
      connection: session.connection,
      open: session.client.channels.size,
    });
  }

  #forgetSource(source: WorkSource, outputs: Outputs<Upstream>): void {
    if (!this.#sources.delete(source.channel)) return;
    if (source.sent.size > 0) emit(outputs, { type: 'sharesUnknown', shares: source.sent.size });
    source.sent.clear();
  }

  // Shares

  #submit(miner: Miner, call: PendingCall, share: SubmitParams, outputs: Outputs<Upstream>, now: Now): void {
    const { connection, session } = miner;
    const { workerName } = share;
    const refuse = (refusal: ShareRefusal, error = rpcError('other')): void => {
      miner.totals.refused++;
      this.#session(miner, [session.refuse(call, error)], outputs, now);
      emit(outputs, { type: 'shareRefused', connection, workerName, refusal });
    };
    const { channel, lease } = miner.space!;
    const jobId = parseJobId(share.jobId);
    const job = jobId === undefined ? undefined : channel.job(jobId);
    const origin = job === undefined ? undefined : this.#origins.get(job.template);
    if (job === undefined || origin === undefined) {
      refuse('invalid-job-id', rpcErrorOf('invalid-job-id'));
      return;
    }
    const { source, work } = origin;
    const { template } = job;
    const mask = template.versionRollingAllowed ? session.versionMask : 0;
    const version = shareVersion(share.versionBits, { jobVersion: template.version, mask });
    if (version === undefined) {
      refuse('invalid-version-bits', rpcError('other', 'Invalid version bits'));
      return;
    }
    const takes = source.takes(work);
    if (!takes && job.state !== 'stale') {
      refuse('no-upstream', rpcErrorOf('stale-share'));
      return;
    }

    const result = channel.validateShare(shareOf(share, job.jobId, version), now);
    const { solution } = result;
    const isAccepted = result.outcome === 'accepted';
    const meetsUpstream = isAccepted && meetsTarget(result.hash, work.target);
    if (meetsUpstream || solution !== undefined) {
      const extranonce = upstreamExtranonce(source.padding, lease.extranoncePrefix, share.extranonce2);
      const { ntime, nonce } = share;
      const sent = { jobId: work.job.jobId, nonce, ntime, version, extranonce, worker: workerOf(workerName) };
      this.#sendShare(source, sent, solution === undefined ? 'share' : 'block', miner, workerName, outputs, now);
    }
    if (solution !== undefined) {
      miner.totals.blocks++;
      source.totals.blocks++;
      emit(outputs, { type: 'block', connection, workerName, hash: solution.hash });
    }
    if (result.outcome === 'rejected') {
      refuse(result.errorCode as ShareRefusal, rpcErrorOf(result.errorCode));
      return;
    }
    if (meetsUpstream) miner.totals.forwarded++;
    this.#session(miner, [session.answer(call, true)], outputs, now);
    const { hash, difficulty, work: shareWork } = result;
    source.countAccepted(hash, difficulty);
    emit(outputs, {
      type: 'share',
      connection,
      workerName,
      hash,
      difficulty,
      work: shareWork,
      forwarded: meetsUpstream,
    });
    if (miner.accepted(result, job.target.target, now) && miner.source !== undefined)
      this.#retold(miner, miner.source, outputs, now);
  }

  #sendShare(
    source: WorkSource,
    share: Parameters<UpstreamSession['client']['submit']>[1],
    worth: 'share' | 'block',
    miner: Miner,
    workerName: string,
    outputs: Outputs<Upstream>,
    now: Now,
  ): void {
    const { session, channel } = source;
    if (session.stage === 'ended' || !session.client.channels.has(channel.channelId)) return;
    const submitted = session.client.submit(channel.channelId, share, worth);
    if (submitted === undefined) return;
    const { sequenceNumber, givenUp, output } = submitted;
    if (givenUp !== undefined && source.sent.delete(givenUp)) emit(outputs, { type: 'sharesUnknown', shares: 1 });
    source.totals.sent++;
    source.sent.set(sequenceNumber, { miner, workerName, sentMs: now.monotonicMs });
    outputs.push({ type: 'upstream-send', connection: session.connection, frame: output.frame, kind: output.kind });
  }

  // Jobs

  /** Another difficulty: the same work again, so that it holds from a job on. */
  #retold(miner: Miner, source: WorkSource, outputs: Outputs<Upstream>, now: Now): void {
    source.needsUpdate = true;
    const { work } = source;
    if (work === undefined) return;
    const told = miner.difficultyFor(work.target, this.#limits.maxUncreditedFactor);
    if (told.difficulty === miner.told?.difficulty) return;
    this.#sendJob([miner], source, false, 'difficulty', outputs, now);
  }

  #sendJob(
    miners: Iterable<Miner>,
    source: WorkSource,
    cleanJobs: boolean,
    reason: JobReason,
    outputs: Outputs<Upstream>,
    now: Now,
  ): void {
    const { work } = source;
    const ready = [...miners].filter(({ isReady }) => isReady);
    if (work === undefined || ready.length === 0) return;
    const tip = source.chainTip(work);
    const template = source.createJob(work, this.#miners.jobIds.next());
    const origin = { source, work };
    const future = template;
    const present = { ...template, minNtime: work.minNtime };
    this.#origins.set(future, origin);
    this.#origins.set(present, origin);
    const to: ConnectionId[] = [];
    for (const miner of ready) {
      const { channel } = miner.space!;
      const told = miner.difficultyFor(work.target, this.#limits.maxUncreditedFactor);
      if (told.difficulty !== miner.told?.difficulty) {
        miner.told = told;
        outputs.push({ type: 'miner-send', to: [miner.connection], line: difficultyLine(told.difficulty) });
        emit(outputs, { type: 'difficulty', connection: miner.connection, difficulty: told.difficulty });
      }
      channel.setTarget(told.target);
      if (cleanJobs) {
        channel.addJob(future);
        channel.activate(future.jobId, tip, now);
      } else channel.addJob(present);
      miner.lastNotifyMs = now.monotonicMs;
      to.push(miner.connection);
    }
    this.#checkCoinbase(template, outputs);
    const ntime = maxNtime(work, now.monotonicMs);
    outputs.push({ type: 'miner-send', to, line: notifyLine(notifyOf(template, work.tip, ntime, cleanJobs)) });
    emit(outputs, { type: 'job', miners: to.length, cleanJobs, reason });
  }

  #checkCoinbase(template: ExtendedJobTemplate, outputs: Outputs<Upstream>): void {
    const { maxCoinbaseBytes, extranonce2Size } = this.#options;
    const bytes = coinbaseSize(template, LOCAL_EXTRANONCE_SIZE, extranonce2Size);
    if (maxCoinbaseBytes === undefined || bytes <= Math.max(maxCoinbaseBytes, this.#largestCoinbase)) return;
    this.#largestCoinbase = bytes;
    emit(outputs, { type: 'coinbaseTooLarge', bytes, limit: maxCoinbaseBytes });
  }

  // Upstream

  #switch(switched: readonly UpstreamSwitchOutput<Upstream>[], outputs: Outputs<Upstream>, now: Now): void {
    for (const output of switched) {
      switch (output.type) {
        case 'send':
          for (const connection of output.to)
            outputs.push({ type: 'upstream-send', connection, frame: output.frame, kind: output.kind });
          break;
        case 'close':
          outputs.push({ type: 'upstream-close', connection: output.to, reason: output.reason });
          break;
        case 'connect':
          outputs.push(output);
          break;
        case 'channels':
          outputs.push({ type: 'upstream-channels', connection: output.connection, open: output.open });
          break;
        case 'event':
          emit(outputs, output.event);
          break;
        case 'active':
          this.#activated(output.session, outputs, now);
          break;
        case 'received':
          for (const received of output.outputs) this.#received(output.session, received, outputs, now);
          break;
        case 'ended':
          for (const source of [...this.#sources.values()])
            if (source.session === output.session) this.#forgetSource(source, outputs);
      }
    }
  }

  #activated(session: UpstreamSession<Upstream> | undefined, outputs: Outputs<Upstream>, now: Now): void {
    for (const miner of this.#miners.values()) this.#detach(miner);
    this.#openings.clear();
    if (session === undefined) {
      this.#absentSinceMs ??= now.monotonicMs;
      return;
    }
    this.#absentSinceMs = undefined;
    const source = this.#trunkSource(session, outputs);
    if (source.work !== undefined) this.#allowVersions(source.work, this.#miners.values(), outputs, now);
    for (const miner of [...this.#miners.values()]) {
      if (miner.firstWorker === undefined || miner.source !== undefined) continue;
      if (this.#options.aggregateChannels) this.#attach(miner, source, outputs, now);
      else {
        miner.waitingSinceMs = now.monotonicMs;
        if (![...this.#openings.values()].includes(miner)) this.#openFor(miner, session, outputs);
      }
    }
  }

  #trunkSource(session: UpstreamSession<Upstream>, outputs: Outputs<Upstream>): WorkSource {
    const trunk = session.trunk!;
    let source = this.#sources.get(trunk);
    if (source === undefined) {
      source = new WorkSource(session, trunk, this.#localSize);
      this.#sources.set(trunk, source);
      if (this.#options.aggregateChannels) {
        const { channelId, userIdentity } = trunk;
        emit(outputs, { type: 'upstreamChannelOpened', channelId, userIdentity, connection: undefined });
      }
    }
    return source;
  }

  /** Before an upstream is taken: what does not pay is no reason to leave another one. */
  #refuseTrunk(session: UpstreamSession<Upstream>): string | undefined {
    const { trunk } = session;
    if (this.#options.verifyPayout !== true || trunk?.work === undefined) return undefined;
    return new WorkSource(session, trunk, this.#localSize).pays(trunk.work) ? undefined : 'payout-broken';
  }

  #received(session: UpstreamSession, received: MiningClientOutput, outputs: Outputs<Upstream>, now: Now): void {
    switch (received.type) {
      case 'opened':
        this.#opened(session, received.requestId, received.channel, outputs, now);
        return;
      case 'refused':
        this.#refused(session, received.requestId, received.errorCode, outputs, now);
        return;
      case 'work': {
        const source = this.#sources.get(received.channel);
        if (source !== undefined) this.#newWork(source, received.newTip, outputs, now);
        return;
      }
      case 'accepted': {
        const { channel, count, difficultySum, sequenceNumbers } = received;
        const source = this.#sources.get(channel);
        for (const sequenceNumber of sequenceNumbers) {
          const sent = source?.sent.get(sequenceNumber);
          source?.sent.delete(sequenceNumber);
          if (sent !== undefined) sent.miner.totals.upstreamAccepted++;
        }
        if (source !== undefined) {
          source.totals.accepted += count;
          source.totals.difficultySum += difficultySum;
        }
        emit(outputs, { type: 'upstreamAccepted', shares: count, difficultySum });
        if (sequenceNumbers.length !== count)
          emit(outputs, { type: 'shareGap', answered: sequenceNumbers.length, counted: count });
        return;
      }
      case 'rejected': {
        const source = this.#sources.get(received.channel);
        const sent = source?.sent.get(received.sequenceNumber);
        if (sent === undefined) return;
        source?.sent.delete(received.sequenceNumber);
        source?.countRefusal(received.errorCode);
        sent.miner.totals.upstreamRefused++;
        const tipAgeMs = now.monotonicMs - (received.channel.work?.tip.receivedMs ?? now.monotonicMs);
        const { miner, workerName } = sent;
        const { connection } = miner;
        emit(outputs, { type: 'upstreamRefused', connection, workerName, errorCode: received.errorCode, tipAgeMs });
        return;
      }
      case 'channelClosed': {
        const source = this.#sources.get(received.channel);
        if (source === undefined) return;
        this.#forgetSource(source, outputs);
        // The trunk's end is the switch's business; a miner of its own comes back and asks anew.
        if (received.channel === session.trunk) return;
        for (const miner of [...source.miners]) this.#close(miner, 'channel-closed', outputs, now);
        return;
      }
      default:
        return;
    }
  }

  #opened(
    session: UpstreamSession,
    requestId: number,
    channel: ClientChannel,
    outputs: Outputs<Upstream>,
    now: Now,
  ): void {
    const key = openingKey(session, requestId);
    const miner = this.#openings.get(key);
    if (!this.#openings.delete(key) || miner === undefined) {
      // The trunk of an upstream that serves, or a request of before a switch.
      return;
    }
    const source = new WorkSource(session, channel, this.#localSize);
    this.#sources.set(channel, source);
    if (this.#miners.get(miner.connection) !== miner) {
      this.#closeSource(source, outputs);
      return;
    }
    const { channelId, userIdentity } = channel;
    const { connection } = miner;
    emit(outputs, { type: 'upstreamChannelOpened', channelId, userIdentity, connection });
    this.#attach(miner, source, outputs, now);
  }

  #refused(session: UpstreamSession, requestId: number, errorCode: string, outputs: Outputs<Upstream>, now: Now): void {
    const key = openingKey(session, requestId);
    const miner = this.#openings.get(key);
    this.#openings.delete(key);
    if (miner === undefined || this.#miners.get(miner.connection) !== miner) return;
    const { waiting, connection } = miner;
    miner.waiting = [];
    for (const { call, workerName } of waiting) {
      const error = rpcError('unauthorized', 'Refused by the upstream');
      this.#session(miner, miner.session.authorize(call, workerName, error), outputs, now);
      emit(outputs, { type: 'workerRefused', connection, workerName, errorCode });
    }
    this.#close(miner, 'channel-refused', outputs, now);
  }

  #newWork(source: WorkSource, newTip: boolean, outputs: Outputs<Upstream>, now: Now): void {
    const { work } = source;
    if (work === undefined) return;
    this.#noteTip(work);
    if (this.#options.verifyPayout && !source.pays(work)) {
      this.#leaveUpstream(source, outputs, now);
      return;
    }
    this.#allowVersions(work, source.miners, outputs, now);
    // A miner that waited for its first job gets it clean.
    const [fresh, others] = partition(source.miners, ({ lastNotifyMs }) => lastNotifyMs === 0);
    this.#sendJob(others, source, newTip, newTip ? 'tip' : 'update', outputs, now);
    this.#sendJob(fresh, source, true, 'joined', outputs, now);
  }

  /** An upstream that does not pay what it promised is not worked for. */
  #leaveUpstream(source: WorkSource, outputs: Outputs<Upstream>, now: Now): void {
    const { channelId, userIdentity } = source.channel;
    emit(outputs, { type: 'payoutBroken', channelId, userIdentity });
    const { connection } = source.session;
    const session = this.#upstreams.active;
    if (session?.connection !== connection) return;
    this.#switch(this.#upstreams.refuse(session, 'payout-broken', now), outputs, now);
  }

  #noteTip({ tip }: ActiveWork): void {
    const before = this.#lastPrevHash;
    if (before !== undefined && compareTargets(before, tip.prevHash) === 0) return;
    this.#lastPrevHash = tip.prevHash;
    this.#miners.chainTipChanged();
  }

  #allowVersions({ job }: ActiveWork, miners: Iterable<Miner>, outputs: Outputs<Upstream>, now: Now): void {
    const mask = job.versionRollingAllowed ? (this.#options.versionMask ?? HARDWARE_VERSION_MASK) : 0;
    this.#allowedMask = mask;
    for (const miner of [...miners]) this.#session(miner, miner.session.setAllowedVersionMask(mask), outputs, now);
  }

  /** Tells the upstream of hashrate and difficulties, not too often. */
  #updateUpstream(source: WorkSource, outputs: Outputs<Upstream>, now: Now): void {
    if (!source.needsUpdate || now.monotonicMs - source.updatedMs < this.#limits.updateMs) return;
    const { session, channel } = source;
    const isTrunk = channel === session.trunk;
    if (session.stage !== 'serving' || isTrunk !== this.#options.aggregateChannels) return;
    source.needsUpdate = false;
    source.updatedMs = now.monotonicMs;
    const { nominalHashrate, maxTarget } = this.#claim([...source.miners]);
    const { frame, kind } = session.client.update(channel.channelId, nominalHashrate, maxTarget);
    outputs.push({ type: 'upstream-send', connection: session.connection, frame, kind });
  }

  /**
   * What miners have together, and the hardest of their targets: an upstream target above it would credit a share with less than
   * it is worth.
   */
  #claim(miners: readonly Miner[]): { readonly nominalHashrate: number; readonly maxTarget: Uint8Array } {
    const { vardiff, minerHashrate } = this.#options.difficulty;
    let nominalHashrate = 0;
    let maxTarget = ANY_TARGET;
    for (const miner of miners) {
      nominalHashrate += miner.hashrate;
      if (vardiff && compareTargets(miner.wantedTarget, maxTarget) < 0) maxTarget = miner.wantedTarget;
    }
    return { nominalHashrate: miners.length === 0 ? minerHashrate : nominalHashrate, maxTarget };
  }
}

function emit(
  outputs: { push(output: { type: 'event'; event: TranslatorEvent }): unknown },
  event: TranslatorEvent,
): void {
  outputs.push({ type: 'event', event });
}

function openingKey({ connection }: UpstreamSession, requestId: number): string {
  return `${connection}/${requestId}`;
}

function partition<T>(values: Iterable<T>, isFirst: (value: T) => boolean): readonly [T[], T[]] {
  const first: T[] = [];
  const second: T[] = [];
  for (const value of values) (isFirst(value) ? first : second).push(value);
  return [first, second];
}
