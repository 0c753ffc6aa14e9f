import type { TlvByteOrder } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { MiningClientLimits } from '../miningClient/limits.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { RedirectionRefusal } from '../miningClient/redirections.ts';
import type { CloseOutput, ConnectionId, SendOutput } from '../output.ts';
import type { UpstreamFailure } from './upstreamFailure.ts';
import type { RetryPolicy } from './upstreamList.ts';
import type { UpstreamSession } from './upstreamSession.ts';

/** An entry of the list. What else it holds, such as the authority key, is kept through a redirection. */
export interface WorkUpstream extends Endpoint {
  readonly userIdentity: string;
  /** Of the worker TLV; `little` for SRI. */
  readonly tlvByteOrder?: TlvByteOrder;
}

/** How long an upstream has to answer, to give work, and to show that it is back. */
export interface UpstreamTimeouts {
  /** From a connection that is set up to the answer on our channel. */
  readonly answerMs: number;
  /** From an open channel to its first job. */
  readonly workMs: number;
  /** Without any message from an upstream that serves work. */
  readonly silenceMs: number;
  /** How long a better upstream has to serve work until it is returned to. */
  readonly returnAfterMs: number;
  /** Between attempts on a better upstream while another one serves; half of it to all of it. */
  readonly probeMs: number;
  /** How long an upstream that was replaced may still answer shares. */
  readonly drainMs: number;
}

/** Timeouts of an `UpstreamSwitch` where its options do not say. */
export const DEFAULT_UPSTREAM_TIMEOUTS: UpstreamTimeouts = {
  answerMs: 10_000,
  workMs: 20_000,
  silenceMs: 180_000,
  returnAfterMs: 60_000,
  probeMs: 30_000,
  drainMs: 5_000,
};

/** The extended channel that each upstream is asked for: it carries all work, or only shows that there is some. */
export interface TrunkRequest {
  /** 0 while there are no devices. */
  readonly nominalHashrate: number;
  /** The easiest target to be given; 32 bytes, wire order. */
  readonly maxTarget: Uint8Array;
  /** `min_extranonce_size` to ask for, the most wanted first; the next one is tried after a refusal. */
  readonly extranonceSizes: readonly number[];
}

/** The upstreams, what each is asked for, and what makes one unfit. */
export interface UpstreamSwitchOptions<Upstream extends WorkUpstream> {
  /** In order of preference, at least one. */
  readonly upstreams: readonly Upstream[];
  /** Uniform in [0, 1). */
  readonly random: () => number;
  /** Gives an id that no other upstream connection has or had. */
  readonly newConnection: () => ConnectionId;
  /** Asked each time that the channel is to be opened. */
  readonly trunk: () => TrunkRequest;
  /** Asked about the trunk's first work: a word for the log refuses the upstream, and the next one of the list is due. */
  readonly refuseWork?: (session: UpstreamSession<Upstream>) => string | undefined;
  readonly retry?: Partial<RetryPolicy>;
  readonly timeouts?: Partial<UpstreamTimeouts>;
  readonly clientLimits?: Partial<MiningClientLimits>;
}

/** One thing to do for an `UpstreamSwitch`; things are done in the order in which they come. */
export type UpstreamSwitchOutput<Upstream extends WorkUpstream = WorkUpstream> =
  | SendOutput
  | CloseOutput
  | { readonly type: 'connect'; readonly connection: ConnectionId; readonly upstream: Upstream }
  | { readonly type: 'channels'; readonly connection: ConnectionId; readonly open: number }
  /** From now on this one gives the work; its channel has some already. Undefined: nobody does. */
  | { readonly type: 'active'; readonly session: UpstreamSession<Upstream> | undefined }
  /** A message to the active session, or to one that is draining; `outputs` is what its client made of it. */
  | {
      readonly type: 'received';
      readonly session: UpstreamSession<Upstream>;
      readonly message: MiningMessage;
      readonly outputs: readonly MiningClientOutput[];
    }
  /** A session that was active is gone: what it has not answered it never will. */
  | { readonly type: 'ended'; readonly session: UpstreamSession<Upstream> }
  | { readonly type: 'event'; readonly event: UpstreamEvent };

interface OfUpstream {
  readonly host: string;
  readonly port: number;
}

/** What happened to the upstreams, for logs and counters; nothing is to be done. */
export type UpstreamEvent =
  | (OfUpstream & { readonly type: 'upstreamConnecting' })
  | (OfUpstream & {
      readonly type: 'upstreamFailed';
      readonly failure: UpstreamFailure;
      /** Close cause, violation or error code: for the log. */
      readonly reason: string;
      readonly retryInMs: number;
    })
  /** Work comes from here now; `index` 0 is the primary. */
  | (OfUpstream & { readonly type: 'upstreamActive'; readonly index: number })
  | (OfUpstream & { readonly type: 'upstreamRedirected' })
  | { readonly type: 'upstreamRedirectRefused'; readonly reason: RedirectionRefusal };
