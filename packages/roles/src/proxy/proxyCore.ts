import type { Now } from '@stratumkit/codec';
import type { SetupConnection } from '@stratumkit/messages/common';
import type { MiningSetupDecision } from '../miningServer/setupPolicy.ts';
import type { ConnectionId } from '../output.ts';
import type { UpstreamChannel } from '../statistics/monitoringRoutes.ts';
import { UpstreamSwitch, type UpstreamSwitchOutput, type WorkUpstream } from '../upstreamList/index.ts';
import { Aggregator } from './aggregator.ts';
import type { ProxyMode } from './proxyMode.ts';
import {
  DEFAULT_PROXY_LIMITS,
  type ProxyCoreOptions,
  type ProxyInput,
  type ProxyLimits,
  type ProxyOutput,
  type ProxyTotals,
} from './proxyTypes.ts';
import { Relay } from './relay.ts';
import { decideProxySetup, inheritedFlags } from './setupPolicy.ts';

/**
 * A mining proxy: many downstream connections, one upstream at a time out of a list. Deterministic; owns no socket and no clock.
 * `connect` asks for an upstream connection, whose end or failure comes back as `upstream-disconnected`.
 */
export class ProxyCore<Upstream extends WorkUpstream = WorkUpstream> {
  readonly #limits: ProxyLimits;
  readonly #upstreams: UpstreamSwitch<Upstream>;
  readonly #isAggregating: boolean;
  readonly #mode: ProxyMode;
  #nextConnection = 1;
  /** Since when no upstream serves work, and what follows from it. */
  #expiresAtMs: number | undefined;
  #inherited = 0;

  constructor(options: ProxyCoreOptions<Upstream>) {
    this.#limits = { ...DEFAULT_PROXY_LIMITS, ...options.limits };
    this.#isAggregating = options.mode !== 'transparent';
    this.#mode = this.#isAggregating ? new Aggregator(options) : new Relay(options);
    const { upstreams, random, retry, timeouts, clientLimits } = options;
    this.#upstreams = new UpstreamSwitch({
      upstreams,
      random,
      newConnection: () => this.#nextConnection++,
      trunk: () => this.#mode.trunk(this.#upstreams.active !== undefined),
      ...(retry === undefined ? {} : { retry }),
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(clientLimits === undefined ? {} : { clientLimits }),
    });
  }

  /** The upstream that serves work; undefined while none does. */
  get upstream(): Upstream | undefined {
    return this.#upstreams.active?.upstream;
  }

  /** The connection to {@link upstream}. */
  get upstreamConnection(): ConnectionId | undefined {
    return this.#upstreams.active?.connection;
  }

  get connections(): number {
    return this.#mode.connections;
  }

  get openChannels(): number {
    return this.#mode.openChannels;
  }

  /** Shares sent up that are not answered yet. */
  get unansweredShares(): number {
    return this.#mode.unansweredShares;
  }

  get totals(): ProxyTotals {
    return this.#mode.totals;
  }

  /** Channels that are mined on upstream; undefined while no upstream serves work. */
  get upstreamChannels(): readonly UpstreamChannel[] | undefined {
    const { active } = this.#upstreams;
    return active === undefined ? undefined : this.#mode.upstreamChannels(active);
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    const times = [this.#upstreams.deadline, this.#mode.deadline, this.#expiresAtMs];
    const earliest = Math.min(...times.map((time) => time ?? Number.POSITIVE_INFINITY));
    return earliest === Number.POSITIVE_INFINITY ? undefined : earliest;
  }

  /** The answer to a downstream's SetupConnection, under the flags of the upstream that served last. */
  decideSetup(request: SetupConnection): MiningSetupDecision {
    return decideProxySetup(request, this.#inherited);
  }

  handle(input: ProxyInput, now: Now): readonly ProxyOutput<Upstream>[] {
    switch (input.type) {
      case 'start':
        this.#expiresAtMs = now.monotonicMs + this.#limits.noWorkMs;
        return this.#apply(this.#upstreams.start(now), now);
      case 'upstream-connected':
        return this.#apply(this.#upstreams.connected(input.connection, input.flags, input.extensions, now), now);
      case 'upstream-extensions':
        this.#upstreams.extensions(input.connection, input.extensions);
        return [];
      case 'upstream-message':
        return this.#apply(this.#upstreams.message(input.connection, input.message, now), now);
      case 'upstream-disconnected':
        return this.#apply(this.#upstreams.disconnected(input.connection, input.reason, now), now);
      case 'upstream-foreign': {
        const { active } = this.#upstreams;
        return active?.connection === input.connection ? this.#mode.foreign(active, input.frame) : [];
      }
      case 'drain':
        return this.#mode.drain(now);
      case 'stop':
        return this.#apply(this.#upstreams.stop('shutting-down'), now);
      case 'tick':
        return this.#tick(now);
      case 'connected':
        return this.#mode.downstream({ grantedFlags: this.#inherited, ...input }, now);
      default:
        return this.#mode.downstream(input, now);
    }
  }

  #tick(now: Now): readonly ProxyOutput<Upstream>[] {
    const outputs: ProxyOutput<Upstream>[] = this.#apply(this.#upstreams.tick(now), now);
    outputs.push(...this.#mode.tick(now));
    if (this.#expiresAtMs !== undefined && now.monotonicMs >= this.#expiresAtMs) {
      this.#expiresAtMs = undefined;
      outputs.push({ type: 'event', event: { type: 'workExpired' } }, ...this.#mode.expire(now));
    }
    return outputs;
  }

  #apply(outputs: readonly UpstreamSwitchOutput<Upstream>[], now: Now): ProxyOutput<Upstream>[] {
    return outputs.flatMap((output) => this.#react(output, now));
  }

  #react(output: UpstreamSwitchOutput<Upstream>, now: Now): readonly ProxyOutput<Upstream>[] {
    switch (output.type) {
      case 'send':
        return output.to.map((connection) => ({
          type: 'upstream-send',
          connection,
          frame: output.frame,
          kind: output.kind,
        }));
      case 'close':
        return [{ type: 'upstream-close', connection: output.to, reason: output.reason }];
      case 'channels':
        return [{ type: 'upstream-channels', connection: output.connection, open: output.open }];
      case 'active':
        return this.#activate(output.session, now);
      case 'received':
        return this.#mode.received(output.session, output.message, output.outputs, now);
      case 'ended':
        return this.#mode.ended(output.session, now);
      case 'connect':
      case 'event':
        return [output];
    }
  }

  #activate(
    session: Extract<UpstreamSwitchOutput<Upstream>, { type: 'active' }>['session'],
    now: Now,
  ): readonly ProxyOutput<Upstream>[] {
    if (session === undefined) this.#expiresAtMs = now.monotonicMs + this.#limits.noWorkMs;
    else {
      this.#expiresAtMs = undefined;
      this.#inherited = inheritedFlags(session.flags, this.#isAggregating);
    }
    return this.#mode.active(session, now);
  }
}
