import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import type { ConnectionId } from '../output.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { Opening } from './relayOpenings.ts';

/** Channels of one downstream connection that are in one group of the upstream. */
export interface RelayGroup {
  readonly groupChannelId: number;
  readonly session: UpstreamSession;
  readonly upstreamGroupId: number;
  readonly members: Set<RelayChannel>;
}

const MAX_ID = 2 ** 32 - 1;

/** State of one downstream connection. */
export class RelayPeer {
  readonly connection: ConnectionId;
  readonly flags: number;
  /** Flags that its SetupConnection.Success had. */
  readonly granted: number;
  readonly channels = new Map<number, RelayChannel>();
  readonly openings = new Set<Opening>();
  readonly #groups = new Map<number, RelayGroup>();
  /** Set once it is on its way out. */
  leaving: string | undefined;
  #lastId = 0;

  constructor(connection: ConnectionId, flags: number, granted: number) {
    this.connection = connection;
    this.flags = flags;
    this.granted = granted;
  }

  get requiresStandardJobs(): boolean {
    return (this.flags & MINING_SETUP_FLAGS.requiresStandardJobs) !== 0;
  }

  get unanswered(): number {
    let sum = 0;
    for (const channel of this.channels.values()) sum += channel.unanswered;
    return sum;
  }

  hasRequest(requestId: number): boolean {
    for (const opening of this.openings) if (opening.request.requestId === requestId) return true;
    for (const channel of this.channels.values()) if (channel.requestId === requestId) return true;
    return false;
  }

  /** For a channel, and a group if it is the first of one. */
  get hasIdsLeft(): boolean {
    return this.#lastId < MAX_ID - 1;
  }

  /** Channels and groups share one namespace (spec 5.2.3); 0 stands for no group. */
  nextId(): number {
    return ++this.#lastId;
  }

  group(groupChannelId: number): RelayGroup | undefined {
    return this.#groups.get(groupChannelId);
  }

  /** Of a channel, or of the members of a group. */
  addressedBy(channelId: number): readonly RelayChannel[] {
    const channel = this.channels.get(channelId);
    return channel === undefined ? [...(this.#groups.get(channelId)?.members ?? [])] : [channel];
  }

  /** Puts the channel where its upstream channel is. Connections that need standard jobs have no groups (spec 5.3.22). */
  regroup(channel: RelayChannel, session: UpstreamSession, upstreamGroupId: number): RelayGroup | undefined {
    this.leaveGroup(channel);
    if (this.requiresStandardJobs || upstreamGroupId === 0) return undefined;
    let group = this.#find(session, upstreamGroupId);
    if (group === undefined) {
      group = { groupChannelId: this.nextId(), session, upstreamGroupId, members: new Set() };
      this.#groups.set(group.groupChannelId, group);
    }
    group.members.add(channel);
    channel.group = group;
    return group;
  }

  leaveGroup(channel: RelayChannel): void {
    const { group } = channel;
    if (group === undefined) return;
    channel.group = undefined;
    group.members.delete(channel);
    if (group.members.size === 0) this.#groups.delete(group.groupChannelId);
  }

  #find(session: UpstreamSession, upstreamGroupId: number): RelayGroup | undefined {
    for (const group of this.#groups.values())
      if (group.session === session && group.upstreamGroupId === upstreamGroupId) return group;
    return undefined;
  }
}
