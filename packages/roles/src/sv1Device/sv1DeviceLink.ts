import { difficultyFromTarget, headerHashWithNonce, meetsTarget, targetFromDifficulty } from '@stratumkit/bitcoin';
import { encodeText, type Now } from '@stratumkit/codec';
import { ClientSession, type ClientSessionOutput, type NotifyParams } from '@stratumkit/sv1';
import { DEFAULT_DEVICE_TIMEOUTS } from '../device/deviceTypes.ts';
import { Redial } from '../device/redial.ts';
import { type SearchChunk, SearchCursor } from '../device/searchCursor.ts';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { ConnectionId } from '../output.ts';
import { createSession, type Extranonce, type Session } from './deviceSession.ts';
import { callLine } from './greeting.ts';
import { PrimaryProbe } from './primaryProbe.ts';
import type { Sv1Profile } from './profiles.ts';
import { wordOf } from './refusal.ts';
import type { Sv1DeviceCoreOptions, Sv1DeviceDescription, Sv1DeviceEvent, Sv1DeviceOutput } from './sv1DeviceTypes.ts';
import { coinbaseBytes, tipOf, workOf } from './sv1Job.ts';

/** Jobs whose shares can still be handed in; the oldest is forgotten. */
export const MAX_REMEMBERED_JOBS = 64;

type Event = Sv1DeviceEvent extends infer Each ? (Each extends Sv1DeviceEvent ? Omit<Each, 'device'> : never) : never;

/** One SV1 device: connects whenever it is not connected, and mines what it is told. */
export class Sv1DeviceLink<Upstream extends Endpoint> {
  readonly #index: number;
  readonly #description: Sv1DeviceDescription;
  readonly #profile: Sv1Profile;
  readonly #options: Sv1DeviceCoreOptions<Upstream>;
  readonly #timeouts: { readonly workMs: number; readonly silenceMs: number };
  readonly #newConnection: () => ConnectionId;
  readonly #redial: Redial<Upstream>;
  readonly #probe: PrimaryProbe;
  #connecting: ConnectionId | undefined;
  #session: Session | undefined;
  #cursor: SearchCursor | undefined;
  #sessionId: string | undefined;
  #lastLineMs = 0;
  #nextJobNumber = 1;
  #nextOrderId = 1;
  #nextSequenceNumber = 0;

  constructor(
    options: Sv1DeviceCoreOptions<Upstream>,
    index: number,
    description: Sv1DeviceDescription,
    newConnection: () => ConnectionId,
  ) {
    this.#index = index;
    this.#description = description;
    this.#profile = description.profile;
    this.#options = options;
    this.#newConnection = newConnection;
    const { silenceMs, retry, probePrimaryMs } = description.profile;
    this.#probe = new PrimaryProbe(probePrimaryMs);
    const timeouts = { ...DEFAULT_DEVICE_TIMEOUTS, silenceMs, ...options.timeouts };
    this.#timeouts = timeouts;
    this.#redial = new Redial({
      upstreams: options.upstreams,
      random: options.random,
      retry: { ...retry, ...options.retry },
      redirectSpreadMs: timeouts.redirectSpreadMs,
    });
  }

  get connection(): ConnectionId | undefined {
    return this.#session?.connection ?? this.#connecting;
  }

  get deadline(): number | undefined {
    if (this.#connecting !== undefined) return undefined;
    const session = this.#session;
    if (session === undefined) return this.#redial.deadline;
    const silence = this.#lastLineMs + this.#timeouts.silenceMs;
    const work = session.job === undefined ? session.sinceMs + this.#timeouts.workMs : Number.POSITIVE_INFINITY;
    return Math.min(silence, work, this.#probe.deadline ?? Number.POSITIVE_INFINITY);
  }

  start(now: Now): Sv1DeviceOutput<Upstream>[] {
    this.#redial.start(now);
    return this.tick(now);
  }

  tick(now: Now): Sv1DeviceOutput<Upstream>[] {
    if (this.#connecting !== undefined) return [];
    const session = this.#session;
    if (session === undefined) return this.#connectIfDue(now);
    if (now.monotonicMs >= this.#lastLineMs + this.#timeouts.silenceMs) return this.#giveUp('silent-upstream', now);
    const isLate = now.monotonicMs >= session.sinceMs + this.#timeouts.workMs;
    if (session.job === undefined && isLate) return this.#giveUp('no-work', now);
    return this.#probe.ask(now) ? [{ type: 'probe', device: this.#index, upstream: this.#options.upstreams[0]! }] : [];
  }

  probed(reached: boolean, now: Now): Sv1DeviceOutput<Upstream>[] {
    if (!this.#probe.answered(reached, now)) return [];
    this.#redial.returnToFirst(now);
    return this.#giveUp('primary-is-back', now);
  }

  connected(connection: ConnectionId, now: Now): Sv1DeviceOutput<Upstream>[] {
    const { userAgent, submitId } = this.#profile;
    const options = { userAgent, ...(submitId === undefined ? {} : { submitId }) };
    this.#connecting = undefined;
    this.#lastLineMs = now.monotonicMs;
    this.#session = createSession(connection, new ClientSession(options), now);
    return [this.#event({ type: 'connected', connection }), ...this.#greet(this.#session)];
  }

  line(line: Uint8Array, now: Now): Sv1DeviceOutput<Upstream>[] {
    const session = this.#session;
    if (session === undefined) return [];
    this.#lastLineMs = now.monotonicMs;
    const outputs: Sv1DeviceOutput<Upstream>[] = [];
    for (const output of session.client.handle(line)) {
      outputs.push(...this.#react(session, output, now));
      if (this.#session !== session) break;
    }
    return outputs;
  }

  disconnected(reason: string, now: Now): Sv1DeviceOutput<Upstream>[] {
    const connection = this.connection!;
    const hadWork = this.#cursor !== undefined;
    this.#probe.stop();
    this.#connecting = undefined;
    this.#session = undefined;
    this.#cursor = undefined;
    const retryInMs = this.#redial.lost(now);
    const event = this.#event({ type: 'disconnected', connection, reason, retryInMs });
    return hadWork ? [event, { type: 'search', device: this.#index, order: undefined }] : [event];
  }

  take(count: number, now: Now): SearchChunk | undefined {
    return this.#cursor?.take(count, now);
  }

  found(chunk: SearchChunk, nonce: number): Sv1DeviceOutput<Upstream>[] {
    const hash = headerHashWithNonce(chunk.header, nonce, this.#options.hash);
    if (!meetsTarget(hash, chunk.target)) return [this.#event({ type: 'shareDropped', reason: 'low' })];
    const session = this.#session;
    // Numbers of jobs go on over connections, so that a share of an earlier one is known by its absence.
    const job = session?.jobs.get(chunk.jobId);
    if (session === undefined || job === undefined) return [this.#event({ type: 'shareDropped', reason: 'stale' })];
    const { jobId, versionMask } = job;
    const sequenceNumber = this.#nextSequenceNumber++;
    const line = session.client.submit(
      {
        workerName: this.#workerName(),
        jobId,
        extranonce2: chunk.extranonce,
        ntime: chunk.ntime,
        nonce,
        versionBits: versionMask === undefined ? undefined : (chunk.version & versionMask) >>> 0,
      },
      sequenceNumber,
    );
    const difficulty = difficultyFromTarget(hash);
    return [
      this.#event({ type: 'shareFound', sequenceNumber, jobId, hash, difficulty }),
      { type: 'send', to: session.connection, line },
    ];
  }

  #connectIfDue(now: Now): Sv1DeviceOutput<Upstream>[] {
    const upstream = this.#redial.due(now);
    if (upstream === undefined) return [];
    const connection = this.#newConnection();
    this.#connecting = connection;
    const { host, port } = upstream;
    return [this.#event({ type: 'connecting', connection, host, port }), { type: 'connect', connection, upstream }];
  }

  /** Sends the next list of the greeting once the last one is answered. */
  #greet(session: Session): Sv1DeviceOutput<Upstream>[] {
    if (session.awaited > 0) return [];
    const calls = this.#profile.greeting[session.greeted] ?? [];
    session.greeted++;
    session.awaited = calls.length;
    const { password = 'x', suggestedDifficulty = this.#profile.suggestedDifficulty } = this.#description;
    const terms = {
      versionMask: this.#rollsVersion ? this.#profile.versionMask : 0,
      sessionId: this.#profile.resumesSession ? this.#sessionId : undefined,
      workerName: this.#workerName(),
      password,
      suggestedDifficulty,
    };
    return calls.map((call) => ({ type: 'send', to: session.connection, line: callLine(session.client, call, terms) }));
  }

  get #rollsVersion(): boolean {
    return this.#options.rollVersion ?? true;
  }

  #react(session: Session, output: ClientSessionOutput, now: Now): Sv1DeviceOutput<Upstream>[] {
    switch (output.type) {
      case 'send':
        return [{ type: 'send', to: session.connection, line: output.line }];
      case 'configured': {
        const { versionRolling, versionRollingMask = 0 } = output.result;
        if (versionRolling === true && this.#rollsVersion)
          session.versionMask = (versionRollingMask & this.#profile.versionMask) >>> 0;
        return this.#answered(session);
      }
      case 'subscribed':
        return this.#subscribed(session, output.result, now);
      case 'authorized': {
        const { error } = output;
        if (error === undefined) {
          session.isAuthorized = true;
          return [this.#event({ type: 'authorized' }), ...this.#answered(session), ...this.#search(session)];
        }
        const { code, message } = error;
        const refused = this.#event({ type: 'authorizeRefused', code, message });
        return [refused, ...this.#giveUp('authorize-refused', now)];
      }
      case 'reply':
        return this.#answered(session);
      case 'answered':
        return [this.#shareAnswered(session, output, now)];
      case 'difficulty':
        session.target = targetFromDifficulty(
          this.#profile.cutsDifficulty && output.difficulty >= 1 ? Math.floor(output.difficulty) : output.difficulty,
        );
        return [
          this.#event({ type: 'difficulty', difficulty: output.difficulty }),
          ...(this.#profile.appliesDifficultyAtOnce ? this.#retarget(session) : []),
        ];
      case 'extranonce':
        return this.#setExtranonce(session, output, now);
      case 'versionMask':
        if (session.versionMask === undefined) return [];
        session.versionMask = (output.mask & this.#profile.versionMask) >>> 0;
        return this.#search(session);
      case 'job':
        return this.#newJob(session, output.job, now);
      case 'reconnect': {
        const { host = '', port = 0, waitSeconds } = output.params;
        const result = this.#redial.redirect(host, port, waitSeconds * 1_000, now);
        if ('refused' in result) return [this.#event({ type: 'redirectRefused', reason: result.refused })];
        return [this.#event({ type: 'redirected', ...result.endpoint }), ...this.#giveUp('reconnect', now)];
      }
      case 'message':
        return [this.#event({ type: 'message', text: output.text })];
      case 'fault':
        // Perhaps it was the old session.
        this.#sessionId = undefined;
        return this.#giveUp(output.code, now);
    }
  }

  #answered(session: Session): Sv1DeviceOutput<Upstream>[] {
    session.awaited--;
    return this.#greet(session);
  }

  #subscribed(
    session: Session,
    result: Extract<ClientSessionOutput, { type: 'subscribed' }>['result'],
    now: Now,
  ): Sv1DeviceOutput<Upstream>[] {
    const { extranonce1, extranonce2Size, subscriptions } = result;
    if (extranonce2Size > this.#profile.maxExtranonce2Size) return this.#giveUp('extranonce2-too-large', now);
    session.extranonce = { extranonce1: extranonce1.slice(), extranonce2Size };
    this.#sessionId = subscriptions.find(([method]) => method === 'mining.notify')?.[1];
    const versionMask = session.versionMask ?? 0;
    return [
      this.#event({ type: 'subscribed', ...session.extranonce, versionMask }),
      ...this.#answered(session),
      ...this.#search(session),
    ];
  }

  /** A miner that never said it understands this takes no notice. */
  #setExtranonce(session: Session, given: Extranonce, now: Now): Sv1DeviceOutput<Upstream>[] {
    if (!this.#profile.greeting.flat().includes('subscribeExtranonce')) return [];
    if (given.extranonce2Size > this.#profile.maxExtranonce2Size) return this.#giveUp('extranonce2-too-large', now);
    session.nextExtranonce = { extranonce1: given.extranonce1.slice(), extranonce2Size: given.extranonce2Size };
    return [];
  }

  #newJob(session: Session, job: NotifyParams, now: Now): Sv1DeviceOutput<Upstream>[] {
    const { nextExtranonce } = session;
    session.extranonce = nextExtranonce ?? session.extranonce;
    session.nextExtranonce = undefined;
    if (job.cleanJobs) session.jobs.clear();
    const { extranonce } = session;
    const size = coinbaseBytes(job, (extranonce?.extranonce1.length ?? 0) + (extranonce?.extranonce2Size ?? 0));
    if (size > this.#profile.maxCoinbaseBytes) {
      const dropped = this.#event({ type: 'jobDropped', jobId: job.jobId, coinbaseBytes: size });
      return job.cleanJobs ? [dropped, ...this.#stopSearch(session)] : [dropped];
    }
    const { tip } = session;
    session.tip = tipOf(job, tip, this.#profile.rollsTime ? now.monotonicMs : Number.POSITIVE_INFINITY);
    const newTip = session.tip !== tip;
    if (newTip) session.tipSinceMs = now.monotonicMs;
    session.job = job;
    session.jobTarget = session.target;
    this.#redial.served();
    if (this.#redial.isOnFallback) this.#probe.watch(now);
    const outputs = this.#search(session);
    if (outputs.length === 0) return [];
    const { jobId, cleanJobs, prevHash } = job;
    return [this.#event({ type: 'job', jobId, cleanJobs, newTip, prevHash, target: session.jobTarget }), ...outputs];
  }

  #retarget(session: Session): Sv1DeviceOutput<Upstream>[] {
    session.jobTarget = session.target;
    return this.#search(session);
  }

  #stopSearch(session: Session): Sv1DeviceOutput<Upstream>[] {
    session.job = undefined;
    if (this.#cursor === undefined) return [];
    this.#cursor = undefined;
    return [{ type: 'search', device: this.#index, order: undefined }];
  }

  /** Searches the job in hand with what holds now, once everything is known that it takes. */
  #search(session: Session): Sv1DeviceOutput<Upstream>[] {
    const { job, tip, extranonce, isAuthorized, versionMask } = session;
    if (job === undefined || tip === undefined || extranonce === undefined || !isAuthorized) return [];
    const number = this.#nextJobNumber++;
    session.jobs.set(number, { jobId: job.jobId, versionMask });
    if (session.jobs.size > MAX_REMEMBERED_JOBS) session.jobs.delete(session.jobs.keys().next().value as number);
    const order = {
      orderId: this.#nextOrderId++,
      work: workOf(job, {
        number,
        ...extranonce,
        target: session.jobTarget,
        tip,
        rollsVersion: versionMask !== undefined && versionMask !== 0,
      }),
      versionMask: versionMask ?? 0,
      firstVariant: Math.floor(this.#options.random() * 2 ** 16),
    };
    const previous = this.#profile.startsOver ? undefined : this.#cursor;
    this.#cursor = new SearchCursor(order, previous, this.#options.hash);
    return [{ type: 'search', device: this.#index, order }];
  }

  #shareAnswered(
    session: Session,
    { tag, error }: Extract<ClientSessionOutput, { type: 'answered' }>,
    now: Now,
  ): Sv1DeviceOutput<Upstream> {
    if (error === undefined) {
      return this.#event({ type: 'shareAccepted', sequenceNumber: tag, unanswered: session.client.pendingCount });
    }
    const { code, message } = error;
    const tipAgeMs = now.monotonicMs - session.tipSinceMs;
    return this.#event({
      type: 'shareRejected',
      sequenceNumber: tag,
      errorCode: wordOf(code),
      code,
      message,
      tipAgeMs,
    });
  }

  #giveUp(reason: string, now: Now): Sv1DeviceOutput<Upstream>[] {
    const to = this.connection!;
    return [{ type: 'close', to, reason }, ...this.disconnected(reason, now)];
  }

  #workerName(): string {
    let name = this.#description.workerName;
    while (encodeText(name).length > this.#profile.maxUserNameBytes) name = [...name].slice(0, -1).join('');
    return name;
  }

  #event(event: Event): Sv1DeviceOutput<Upstream> {
    return { type: 'event', event: { ...event, device: this.#index } as Sv1DeviceEvent };
  }
}
