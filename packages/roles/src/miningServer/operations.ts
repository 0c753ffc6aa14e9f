import { compareTargets } from '@stratumkit/bitcoin';
import { clampTarget, type ExtranonceAllocator, type TargetPolicy } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import { SetExtranoncePrefix, SetGroupChannel, SetTarget } from '@stratumkit/messages/mining';
import type { ChannelKeeper } from './channelKeeper.ts';
import type { Distribution } from './distribution.ts';
import type { Peer, ServedChannel, ServedGroup } from './peer.ts';
import type { MiningServerOutput } from './types.ts';

/** What can be changed about channels while they mine. */
export class ChannelOperations {
  readonly #distribution: Distribution;
  readonly #keeper: ChannelKeeper;
  readonly #extranonces: ExtranonceAllocator;
  readonly #targets: TargetPolicy;

  constructor(
    distribution: Distribution,
    keeper: ChannelKeeper,
    extranonces: ExtranonceAllocator,
    targets: TargetPolicy,
  ) {
    this.#distribution = distribution;
    this.#keeper = keeper;
    this.#extranonces = extranonces;
    this.#targets = targets;
  }

  close(peer: Peer, channelId: number, reason: string): MiningServerOutput[] {
    return peer.channelsAddressedBy(channelId).flatMap((served) => this.#keeper.closeForClient(served, reason));
  }

  /** One SetTarget for all members whose own maximum allows it, then one job; the others get theirs each. */
  setGroupTarget(peer: Peer, group: ServedGroup, wanted: Uint8Array, now: Now): MiningServerOutput[] {
    const members = peer.channelsAddressedBy(group.channel.groupChannelId);
    const target = clampTarget(this.#targets, wanted, wanted).slice();
    if (members.some(({ maxTarget }) => compareTargets(maxTarget, target) < 0))
      return members.flatMap((served) => this.setTarget(served, wanted, now));
    group.channel.setTarget(target);
    const { groupChannelId: channelId } = group.channel;
    const { connection } = peer;
    const frame = encodeFrame(SetTarget, { channelId, maximumTarget: target });
    return [
      { type: 'send', to: [connection], frame, kind: 'target', channelId },
      ...this.#distribution.renewGroup(peer, group, now),
      ...members.map(({ channel, userIdentity, nominalHashrate }): MiningServerOutput => {
        const { channelId } = channel;
        return {
          type: 'event',
          event: { type: 'target', connection, channelId, userIdentity, target, nominalHashrate },
        };
      }),
    ];
  }

  /** SetTarget is for later jobs (spec 5.3.21), so a job follows it. */
  setTarget(served: ServedChannel, wanted: Uint8Array, now: Now): MiningServerOutput[] {
    return this.applyTarget(served, clampTarget(this.#targets, wanted, served.maxTarget).slice(), now);
  }

  /** The same with exactly this target. */
  applyTarget(served: ServedChannel, target: Uint8Array, now: Now): MiningServerOutput[] {
    const { peer, channel, nominalHashrate, userIdentity } = served;
    if (target.every((byte, index) => byte === channel.target.target[index])) return [];
    channel.setTarget(target);
    const { channelId } = channel;
    const { connection } = peer;
    const frame = encodeFrame(SetTarget, { channelId, maximumTarget: target });
    return [
      { type: 'send', to: [connection], frame, kind: 'target', channelId },
      ...this.#distribution.renew(served, now),
      { type: 'event', event: { type: 'target', connection, channelId, userIdentity, target, nominalHashrate } },
    ];
  }

  /** A fresh prefix of the same size; the old one rests until its jobs are stale. Nothing happens when there is none left. */
  changeExtranoncePrefix(served: ServedChannel, now: Now): MiningServerOutput[] {
    const { channel, lease, peer } = served;
    const allocation =
      channel.type === 'standard'
        ? this.#extranonces.allocateStandard()
        : this.#extranonces.allocateExtended(channel.extranonceSize);
    if (allocation.outcome === 'refused') return [];
    const tipsUntilStale = channel.setExtranoncePrefix(allocation.lease.extranoncePrefix);
    this.#extranonces.release(lease, tipsUntilStale, this.#keeper.hasShares(served));
    served.lease = allocation.lease;
    const { channelId } = channel;
    const { extranoncePrefix } = allocation.lease;
    const frame = encodeFrame(SetExtranoncePrefix, { channelId, extranoncePrefix });
    return [
      { type: 'send', to: [peer.connection], frame, kind: 'control', channelId },
      ...this.#distribution.renew(served, now),
    ];
  }

  /**
   * A new group for these channels. Only channels whose jobs can be the same are taken: the first one's payout and size decide.
   * Not on connections that require standard jobs (spec 5.3.22).
   */
  regroup(peer: Peer, channelIds: readonly number[]): MiningServerOutput[] {
    const chosen = channelIds.map((channelId) => peer.channels.get(channelId)).filter((served) => served !== undefined);
    const [first] = chosen;
    if (first === undefined || peer.requiresStandardJobs) return [];
    const { fullExtranonceSize } = first.channel;
    const members = chosen.filter(
      ({ channel, payoutClass }) =>
        payoutClass === first.payoutClass && channel.fullExtranonceSize === fullExtranonceSize,
    );
    // What has not reached one of them yet has to reach the group.
    const round = Math.min(...members.map((served) => (served.group ?? served).round));
    const group = peer.createGroup(first.payoutClass, fullExtranonceSize, false, round);
    for (const served of members) {
      peer.leaveGroup(served);
      group.channel.add(served.channel);
      served.group = group;
    }
    const { groupChannelId } = group.channel;
    const frame = encodeFrame(SetGroupChannel, {
      groupChannelId,
      channelIds: members.map(({ channel }) => channel.channelId),
    });
    return [{ type: 'send', to: [peer.connection], frame, kind: 'control', channelId: groupChannelId }];
  }
}
