import { FanOut } from '../miningServer/fanOut.ts';
import type { FrameKind, SendOutput } from '../output.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayGroup } from './relayPeer.ts';

/** Frames of one message of the upstream: one for a group where it addressed the group, one for each channel otherwise. */
export class RelayFanOut {
  readonly #kind: FrameKind;
  readonly #upstreamGroupId: number | undefined;
  readonly #groups = new Set<RelayGroup>();
  readonly #shared: FanOut;
  readonly #own: SendOutput[] = [];

  /** `upstreamGroupId`: whom it addressed; undefined if that was one channel. */
  constructor(kind: FrameKind, upstreamGroupId: number | undefined) {
    this.#kind = kind;
    this.#upstreamGroupId = upstreamGroupId;
    this.#shared = new FanOut(kind);
  }

  /** Says the same to every channel of this id, whichever connection it is on. */
  add(channel: RelayChannel, subject: number, encode: (channelId: number) => Uint8Array): void {
    const channelId = this.#addressOf(channel);
    if (channelId !== undefined) this.#shared.add(channel.peer.connection, channelId, subject, () => encode(channelId));
  }

  /** The same for what differs between channels; `encode` is for groups. */
  addOwn(
    channel: RelayChannel,
    subject: number,
    encode: (groupChannelId: number) => Uint8Array,
    encodeOwn: () => Uint8Array,
  ): void {
    const { channelId, peer } = channel;
    if (this.#groupOf(channel) !== undefined) this.add(channel, subject, encode);
    else this.#own.push({ type: 'send', to: [peer.connection], frame: encodeOwn(), kind: this.#kind, channelId });
  }

  outputs(): SendOutput[] {
    return [...this.#shared.take(), ...this.#own];
  }

  #groupOf({ group }: RelayChannel): RelayGroup | undefined {
    return group?.upstreamGroupId === this.#upstreamGroupId ? group : undefined;
  }

  /** Undefined if the group was addressed already. */
  #addressOf(channel: RelayChannel): number | undefined {
    const group = this.#groupOf(channel);
    if (group === undefined) return channel.channelId;
    if (this.#groups.has(group)) return undefined;
    this.#groups.add(group);
    return group.groupChannelId;
  }
}
