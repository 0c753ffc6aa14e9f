import type { ClientChannel } from './clientChannel.ts';

/** Group id of a channel that is in none, as on connections that require standard jobs. */
export const NO_GROUP = 0;

/** The open channels of one connection, by their own id and by that of their group: a proxy has tens of thousands. */
export class ClientChannels {
  readonly #byId = new Map<number, ClientChannel>();
  readonly #byGroup = new Map<number, Set<ClientChannel>>();

  get byId(): ReadonlyMap<number, ClientChannel> {
    return this.#byId;
  }

  add(channel: ClientChannel): void {
    this.#byId.set(channel.channelId, channel);
    this.#join(channel);
  }

  delete(channel: ClientChannel): void {
    this.#byId.delete(channel.channelId);
    this.#leave(channel);
  }

  regroup(channel: ClientChannel, groupChannelId: number): void {
    this.#leave(channel);
    channel.groupChannelId = groupChannelId;
    this.#join(channel);
  }

  /** A copy: they may be closed or regrouped meanwhile. */
  membersOf(groupChannelId: number): readonly ClientChannel[] {
    return [...(this.#byGroup.get(groupChannelId) ?? [])];
  }

  /** The channel with this id, or the members of the group with this id. */
  addressedBy(channelId: number): readonly ClientChannel[] {
    const channel = this.#byId.get(channelId);
    return channel === undefined ? this.membersOf(channelId) : [channel];
  }

  isGroup(channelId: number): boolean {
    return channelId !== NO_GROUP && this.#byGroup.has(channelId);
  }

  isChannel(groupChannelId: number): boolean {
    return groupChannelId !== NO_GROUP && this.#byId.has(groupChannelId);
  }

  #join(channel: ClientChannel): void {
    const members = this.#byGroup.get(channel.groupChannelId);
    if (members === undefined) this.#byGroup.set(channel.groupChannelId, new Set([channel]));
    else members.add(channel);
  }

  #leave(channel: ClientChannel): void {
    const members = this.#byGroup.get(channel.groupChannelId);
    members?.delete(channel);
    if (members?.size === 0) this.#byGroup.delete(channel.groupChannelId);
  }
}
