import type { Now } from '@stratumkit/codec';
import type { Frame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import type { UpstreamChannel } from '../statistics/monitoringRoutes.ts';
import type { TrunkRequest, WorkUpstream } from '../upstreamList/index.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { DownstreamInput, ProxyOutput, ProxyTotals } from './proxyTypes.ts';

export type Outputs = readonly ProxyOutput<never>[];

/** How downstream channels become upstream ones. The upstream connections themselves are kept by the core. */
export interface ProxyMode {
  readonly connections: number;
  readonly openChannels: number;
  readonly totals: ProxyTotals;
  readonly unansweredShares: number;
  readonly deadline: number | undefined;
  /** What is mined on there. */
  upstreamChannels(session: UpstreamSession<WorkUpstream>): readonly UpstreamChannel[];
  /** The channel that every upstream is asked for; `isStandby` while another upstream serves. */
  trunk(isStandby: boolean): TrunkRequest;
  downstream(input: DownstreamInput, now: Now): Outputs;
  /** Work comes from another upstream now, or from none. */
  active(session: UpstreamSession<WorkUpstream> | undefined, now: Now): Outputs;
  received(
    session: UpstreamSession<WorkUpstream>,
    message: MiningMessage,
    outputs: readonly MiningClientOutput[],
    now: Now,
  ): Outputs;
  foreign(session: UpstreamSession<WorkUpstream>, frame: Frame): Outputs;
  /** A session that was active is gone. */
  ended(session: UpstreamSession<WorkUpstream>, now: Now): Outputs;
  /** No upstream served work for too long. */
  expire(now: Now): Outputs;
  drain(now: Now): Outputs;
  tick(now: Now): Outputs;
}
