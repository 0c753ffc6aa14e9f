import type { Now } from '@stratumkit/codec';
import type { MiningMessage } from '@stratumkit/messages';
import { OPEN_MINING_CHANNEL_ERROR_CODES } from '@stratumkit/messages/mining';
import { MiningClient } from '../miningClient/miningClient.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { Redirections } from '../miningClient/redirections.ts';
import type { ConnectionId } from '../output.ts';
import { failureOf, isPersistent, type UpstreamFailure } from './upstreamFailure.ts';
import { UpstreamList } from './upstreamList.ts';
import { UpstreamSession } from './upstreamSession.ts';
import {
  DEFAULT_UPSTREAM_TIMEOUTS,
  type UpstreamEvent,
  type UpstreamSwitchOptions,
  type UpstreamSwitchOutput,
  type UpstreamTimeouts,
  type WorkUpstream,
} from './upstreamTypes.ts';

/** Refusals that another extranonce size would not help against; an unknown code may mean anything. */
const { minExtranonceSizeTooLarge, ...OTHER_CODES } = OPEN_MINING_CHANNEL_ERROR_CODES;
const HOPELESS_CODES: ReadonlySet<string> = new Set(Object.values(OTHER_CODES));

/**
 * Keeps one upstream of an ordered list serving work, and never gives up: on every failure the next attempt follows after a
 * jittered backoff, and a better upstream is returned to once it has served work for a while. The change is made before the
 * old connection is broken. One `MiningClient` per connection is made here; the owner opens channels and submits through it.
 */
export class UpstreamSwitch<Upstream extends WorkUpstream> {
  readonly #options: UpstreamSwitchOptions<Upstream>;
  readonly #timeouts: UpstreamTimeouts;
  readonly #list: UpstreamList<Upstream>;
  readonly #sessions = new Map<ConnectionId, UpstreamSession<Upstream>>();
  readonly #redirections = new Redirections();
  #active: UpstreamSession<Upstream> | undefined;
  /** The one being tried. */
  #candidate: UpstreamSession<Upstream> | undefined;
  #probeAtMs: number | undefined;
  #nextProbe = 0;
  #isStopped = false;

  constructor(options: UpstreamSwitchOptions<Upstream>) {
    this.#options = options;
    this.#timeouts = { ...DEFAULT_UPSTREAM_TIMEOUTS, ...options.timeouts };
    const { upstreams, random, retry } = options;
    this.#list = new UpstreamList({ upstreams, random, ...(retry === undefined ? {} : { policy: retry }) });
  }

  get active(): UpstreamSession<Upstream> | undefined {
    return this.#active;
  }

  /** Whether the connection is one of this list. */
  has(connection: ConnectionId): boolean {
    return this.#sessions.has(connection);
  }

  /** When {@link tick} has something to do, in monotonic milliseconds. */
  get deadline(): number | undefined {
    const times = [...this.#sessions.values()].map((session) => this.#deadlineOf(session));
    if (this.#candidate === undefined) {
      const next = this.#active === undefined ? this.#list.deadline : this.#probeAtMs;
      if (next !== undefined) times.push(next);
    }
    const earliest = Math.min(...times);
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  start(now: Now): UpstreamSwitchOutput<Upstream>[] {
    this.#list.start(now);
    return this.tick(now);
  }

  /** Ends all sessions; nothing is tried any more. */
  stop(reason: string): UpstreamSwitchOutput<Upstream>[] {
    this.#isStopped = true;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    this.#active = undefined;
    this.#candidate = undefined;
    return sessions.map((session) => ({ type: 'close', to: session.connection, reason }));
  }

  tick(now: Now): UpstreamSwitchOutput<Upstream>[] {
    const outputs: UpstreamSwitchOutput<Upstream>[] = [];
    for (const session of [...this.#sessions.values()])
      if (this.#deadlineOf(session) <= now.monotonicMs) outputs.push(...this.#expire(session, now));
    if (this.#candidate !== undefined || this.#isStopped) return outputs;
    if (this.#active === undefined) {
      const upstream = this.#list.due(now);
      if (upstream !== undefined) outputs.push(...this.#connect(upstream, this.#list.index, now));
    } else if (this.#probeAtMs !== undefined && now.monotonicMs >= this.#probeAtMs) {
      this.#probeAtMs = undefined;
      const index = this.#nextProbe++ % this.#active.index;
      outputs.push(...this.#connect(this.#options.upstreams[index]!, index, now));
    }
    return outputs;
  }

  connected(
    connection: ConnectionId,
    flags: number,
    extensions: ReadonlySet<number>,
    now: Now,
  ): UpstreamSwitchOutput<Upstream>[] {
    const session = this.#sessions.get(connection);
    if (session?.stage !== 'connecting') return [];
    const { tlvByteOrder } = session.upstream;
    const { clientLimits } = this.#options;
    const client = new MiningClient({
      connection,
      serverFlags: flags,
      extensions,
      ...(tlvByteOrder === undefined ? {} : { tlvByteOrder }),
      ...(clientLimits === undefined ? {} : { limits: clientLimits }),
    });
    session.ready(client, flags, extensions);
    session.lastMessageMs = now.monotonicMs;
    session.enter('ready', now.monotonicMs);
    return this.#openTrunk(session);
  }

  /** Negotiated again. */
  extensions(connection: ConnectionId, extensions: ReadonlySet<number>): void {
    this.#sessions.get(connection)?.setExtensions(extensions);
  }

  message(connection: ConnectionId, message: MiningMessage, now: Now): UpstreamSwitchOutput<Upstream>[] {
    const session = this.#sessions.get(connection);
    if (session === undefined || !session.isReady) return [];
    session.lastMessageMs = now.monotonicMs;
    const before = session.client.channels.size;
    const clientOutputs = session.client.handle(message, now);
    const outputs: UpstreamSwitchOutput<Upstream>[] = [];
    const open = session.client.channels.size;
    if (open !== before) outputs.push({ type: 'channels', connection, open });
    const isServing = session === this.#active || session.stage === 'draining';
    if (isServing) outputs.push({ type: 'received', session, message, outputs: clientOutputs });
    for (const output of clientOutputs) {
      outputs.push(...this.#react(session, output, now));
      if (session.stage === 'ended') break;
    }
    if (session.stage === 'draining' && session.unanswered === 0) outputs.push(...this.#end(session, 'replaced'));
    return outputs;
  }

  /** Also when the connection could not be made. */
  disconnected(connection: ConnectionId, reason: string, now: Now): UpstreamSwitchOutput<Upstream>[] {
    const session = this.#sessions.get(connection);
    if (session === undefined) return [];
    return this.#failed(session, failureOf(reason, session.isReady), reason, now, false);
  }

  /** The owner found fault with the work of this session: it is closed, and the next upstream of the list is due. */
  refuse(session: UpstreamSession<Upstream>, reason: string, now: Now): UpstreamSwitchOutput<Upstream>[] {
    return this.#sessions.has(session.connection) ? this.#failed(session, 'invalid-work', reason, now, true) : [];
  }

  #connect(upstream: Upstream, index: number, now: Now): UpstreamSwitchOutput<Upstream>[] {
    const connection = this.#options.newConnection();
    const session = new UpstreamSession(connection, upstream, index, now.monotonicMs);
    this.#sessions.set(connection, session);
    this.#candidate = session;
    return [event({ type: 'upstreamConnecting', ...addressOf(upstream) }), { type: 'connect', connection, upstream }];
  }

  #openTrunk(session: UpstreamSession<Upstream>): UpstreamSwitchOutput<Upstream>[] {
    const { nominalHashrate, maxTarget, extranonceSizes } = this.#options.trunk();
    const minExtranonceSize = extranonceSizes[session.refusedSizes] ?? 0;
    const { userIdentity } = session.upstream;
    const { requestId, output } = session.client.open({
      kind: 'extended',
      userIdentity,
      nominalHashrate,
      maxTarget,
      minExtranonceSize,
    });
    session.trunkRequestId = requestId;
    return [output];
  }

  #react(
    session: UpstreamSession<Upstream>,
    output: MiningClientOutput,
    now: Now,
  ): readonly UpstreamSwitchOutput<Upstream>[] {
    switch (output.type) {
      case 'opened':
        if (output.requestId !== session.trunkRequestId) return [];
        session.trunk = output.channel;
        session.enter('waiting', now.monotonicMs);
        return [];
      case 'refused': {
        if (output.requestId !== session.trunkRequestId) return [];
        const sizes = this.#options.trunk().extranonceSizes.length;
        if (!HOPELESS_CODES.has(output.errorCode) && ++session.refusedSizes < sizes) return this.#openTrunk(session);
        return this.#failed(session, 'channel-refused', output.errorCode, now, true);
      }
      case 'work':
        if (session.stage !== 'waiting' || output.channel !== session.trunk || session.trunk.work === undefined)
          return [];
        return this.#gotWork(session, now);
      case 'channelClosed':
        if (output.channel !== session.trunk || session.stage === 'draining') return [];
        return this.#failed(session, 'channel-closed', output.reason, now, true);
      case 'reconnect':
        return this.#redirect(session, output.host, output.port, now);
      case 'violation':
        return this.#failed(session, 'invalid-work', output.code, now, true);
      default:
        return [];
    }
  }

  #gotWork(session: UpstreamSession<Upstream>, now: Now): UpstreamSwitchOutput<Upstream>[] {
    const refusal = this.#options.refuseWork?.(session);
    if (refusal !== undefined) return this.#failed(session, 'invalid-work', refusal, now, true);
    session.enter('serving', now.monotonicMs);
    return this.#considerSwitch(session, now);
  }

  /** A candidate has work: it replaces nobody or a redirecting upstream at once, a worse upstream after a while. */
  #considerSwitch(session: UpstreamSession<Upstream>, now: Now): UpstreamSwitchOutput<Upstream>[] {
    if (session !== this.#candidate) return [];
    const active = this.#active;
    const isReturn = active !== undefined && session.index < active.index;
    if (isReturn && now.monotonicMs < session.stageSinceMs + this.#timeouts.returnAfterMs) return [];
    this.#candidate = undefined;
    this.#active = session;
    this.#list.serving(session.index);
    this.#scheduleProbe(now);
    return [
      event({ type: 'upstreamActive', ...addressOf(session.upstream), index: session.index }),
      { type: 'active', session },
      ...(active === undefined ? [] : this.#drain(active, now)),
    ];
  }

  #drain(session: UpstreamSession<Upstream>, now: Now): UpstreamSwitchOutput<Upstream>[] {
    session.enter('draining', now.monotonicMs);
    return session.unanswered === 0 ? this.#end(session, 'replaced') : [];
  }

  #end(session: UpstreamSession<Upstream>, reason: string): UpstreamSwitchOutput<Upstream>[] {
    this.#sessions.delete(session.connection);
    session.stage = 'ended';
    return [
      { type: 'close', to: session.connection, reason },
      { type: 'ended', session },
    ];
  }

  #scheduleProbe(now: Now): void {
    const better = this.#active !== undefined && this.#active.index > 0;
    const delay = this.#timeouts.probeMs * (0.5 + this.#options.random() / 2);
    this.#probeAtMs = better ? now.monotonicMs + delay : undefined;
  }

  #expire(session: UpstreamSession<Upstream>, now: Now): UpstreamSwitchOutput<Upstream>[] {
    switch (session.stage) {
      case 'ready':
        return this.#failed(session, 'no-answer', 'no-answer', now, true);
      case 'waiting':
        return this.#failed(session, 'no-work', 'no-work', now, true);
      case 'draining':
        return this.#end(session, 'replaced');
      case 'serving':
        if (now.monotonicMs >= session.lastMessageMs + this.#timeouts.silenceMs)
          return this.#failed(session, 'silent', 'silent', now, true);
        return this.#considerSwitch(session, now);
      default:
        return [];
    }
  }

  #deadlineOf(session: UpstreamSession<Upstream>): number {
    const { answerMs, workMs, silenceMs, drainMs, returnAfterMs } = this.#timeouts;
    switch (session.stage) {
      case 'ready':
        return session.stageSinceMs + answerMs;
      case 'waiting':
        return session.stageSinceMs + workMs;
      case 'draining':
        return session.stageSinceMs + drainMs;
      case 'serving': {
        const silent = session.lastMessageMs + silenceMs;
        return session === this.#candidate ? Math.min(silent, session.stageSinceMs + returnAfterMs) : silent;
      }
      default:
        return Number.POSITIVE_INFINITY;
    }
  }

  #failed(
    session: UpstreamSession<Upstream>,
    failure: UpstreamFailure,
    reason: string,
    now: Now,
    close: boolean,
  ): UpstreamSwitchOutput<Upstream>[] {
    const wasDraining = session.stage === 'draining';
    const wasActive = session === this.#active;
    this.#sessions.delete(session.connection);
    session.stage = 'ended';
    const outputs: UpstreamSwitchOutput<Upstream>[] = [];
    if (close) outputs.push({ type: 'close', to: session.connection, reason });
    if (wasDraining) return [...outputs, { type: 'ended', session }];
    if (session === this.#candidate) this.#candidate = undefined;
    if (wasActive) {
      this.#active = undefined;
      this.#probeAtMs = undefined;
    }
    let retryInMs = 0;
    if (this.#active !== undefined) {
      this.#scheduleProbe(now);
      retryInMs = (this.#probeAtMs ?? now.monotonicMs) - now.monotonicMs;
    } else if (this.#candidate === undefined) {
      retryInMs = this.#list.failed(now, isPersistent(failure));
    }
    outputs.push(event({ type: 'upstreamFailed', ...addressOf(session.upstream), failure, reason, retryInMs }));
    if (wasActive) outputs.push({ type: 'ended', session }, ...this.#replace(now));
    return outputs;
  }

  /** The active one is gone: a candidate that serves work already takes its place. */
  #replace(now: Now): UpstreamSwitchOutput<Upstream>[] {
    const candidate = this.#candidate;
    if (candidate?.stage === 'serving') return this.#considerSwitch(candidate, now);
    return [{ type: 'active', session: undefined }];
  }

  /** Followed, never passed on (spec 3.6.5). The old connection serves until the new one does. */
  #redirect(
    session: UpstreamSession<Upstream>,
    host: string,
    port: number,
    now: Now,
  ): UpstreamSwitchOutput<Upstream>[] {
    const { upstream, index } = session;
    if (session.stage === 'draining') return [];
    const result = this.#redirections.follow(upstream, host, port, now);
    if ('refused' in result) return [event({ type: 'upstreamRedirectRefused', reason: result.refused })];
    const outputs: UpstreamSwitchOutput<Upstream>[] = [];
    const other = this.#candidate;
    if (other !== undefined) {
      this.#candidate = undefined;
      this.#sessions.delete(other.connection);
      other.stage = 'ended';
      outputs.push({ type: 'close', to: other.connection, reason: 'redirected' });
    }
    const target = { ...upstream, ...result.endpoint };
    outputs.push(event({ type: 'upstreamRedirected', ...result.endpoint }));
    return [...outputs, ...this.#connect(target, index, now)];
  }
}

function addressOf({ host, port }: WorkUpstream): { readonly host: string; readonly port: number } {
  return { host, port };
}

function event<Upstream extends WorkUpstream>(value: UpstreamEvent): UpstreamSwitchOutput<Upstream> {
  return { type: 'event', event: value };
}
