import {
  type ExtendedChannel,
  type ExtranonceLease,
  GroupChannel,
  type ShareAccounting,
  type StandardChannel,
} from '@stratumkit/channels';
import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import type { ConnectionId } from '../output.ts';
import type { PayoutClass } from './payoutClasses.ts';

/** One open channel and all that belongs to it. */
export interface ServedChannel {
  readonly peer: Peer;
  readonly requestId: number;
  readonly userIdentity: string;
  readonly channel: StandardChannel | ExtendedChannel;
  readonly accounting: ShareAccounting;
  readonly payoutClass: PayoutClass;
  readonly workers: Set<string>;
  lease: ExtranonceLease;
  group: ServedGroup | undefined;
  nominalHashrate: number;
  maxTarget: Uint8Array;
  /** `acknowledging`: closed by this side, CloseChannel goes out behind the last acknowledgement. */
  state: 'open' | 'acknowledging' | 'closed';
  /** For the CloseChannel. */
  closeReason: string;
  /** The last round of jobs that reached it; of no meaning in a group. */
  round: number;
}

export interface ServedGroup {
  readonly channel: GroupChannel;
  readonly payoutClass: PayoutClass;
  /** Channels that open later may join; not so a group that the operator made. */
  readonly open: boolean;
  /** The last round of jobs that reached it. */
  round: number;
}

/** State of one connection. */
export class Peer {
  readonly connection: ConnectionId;
  readonly requiresStandardJobs: boolean;
  readonly requiresWorkSelection: boolean;
  readonly channels = new Map<number, ServedChannel>();
  readonly groups = new Map<number, ServedGroup>();
  /** Of the open channels. */
  readonly requestIds = new Set<number>();
  /** Closed by this side, kept until the next tip: shares in flight may be blocks. */
  readonly closed = new Map<number, ServedChannel>();
  extensions: ReadonlySet<number>;
  /** Channels that wait for their last acknowledgement. */
  acknowledging = 0;
  /** False once the connection is gone: nothing is sent to it any more. */
  isConnected = true;
  #lastChannelId = 0;

  constructor(connection: ConnectionId, flags: number, extensions: ReadonlySet<number>) {
    this.connection = connection;
    this.extensions = extensions;
    this.requiresStandardJobs = (flags & MINING_SETUP_FLAGS.requiresStandardJobs) !== 0;
    this.requiresWorkSelection = (flags & MINING_SETUP_FLAGS.requiresWorkSelection) !== 0;
  }

  get lastChannelId(): number {
    return this.#lastChannelId;
  }

  /** Channels and groups share one namespace (spec 5.2.3); 0 stands for no group. */
  nextChannelId(): number {
    return ++this.#lastChannelId;
  }

  /** The group that a new channel belongs to. Connections that need standard jobs have none. */
  groupFor(payoutClass: PayoutClass, fullExtranonceSize: number, round: number): ServedGroup | undefined {
    if (this.requiresStandardJobs) return undefined;
    for (const group of this.groups.values())
      if (group.open && group.payoutClass === payoutClass && group.channel.fullExtranonceSize === fullExtranonceSize)
        return group;
    return this.createGroup(payoutClass, fullExtranonceSize, true, round);
  }

  createGroup(payoutClass: PayoutClass, fullExtranonceSize: number, open: boolean, round: number): ServedGroup {
    const channel = new GroupChannel(this.nextChannelId(), fullExtranonceSize);
    const group: ServedGroup = { channel, payoutClass, open, round };
    this.groups.set(channel.groupChannelId, group);
    return group;
  }

  leaveGroup(served: ServedChannel): void {
    const { group } = served;
    if (group === undefined) return;
    group.channel.remove(served.channel.channelId);
    if (group.channel.members.size === 0) this.groups.delete(group.channel.groupChannelId);
    served.group = undefined;
  }

  /** Of a channel, or of the members of a group. */
  channelsAddressedBy(channelId: number): readonly ServedChannel[] {
    const served = this.channels.get(channelId);
    if (served !== undefined) return [served];
    const members = this.groups.get(channelId)?.channel.members.keys() ?? [];
    return [...members].map((member) => this.channels.get(member)!);
  }
}
