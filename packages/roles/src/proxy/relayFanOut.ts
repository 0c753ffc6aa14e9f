import { FanOut } from '../miningServer/fanOut.ts';
import type { FrameKind, SendOutput } from '../output.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayGroup } from './relayPeer.ts';

/** Whom a frame names. */
export type RelayReceiver = RelayGroup | RelayChannel;

/** The channel's group where that is what the upstream addressed, the channel itself otherwise. */
export function receiverOf(channel: RelayChannel, upstreamGroupId: number | undefined): RelayReceiver {
  const { group } = channel;
  return group !== undefined && group.upstreamGroupId === upstreamGroupId ? group : channel;
}

/** Frames of one message of the upstream: one for a group where it addressed the group, one for each channel otherwise. */
export class RelayFanOut {
  readonly #upstreamGroupId: number | undefined;
  readonly #told = new Set<RelayReceiver>();
  readonly #shared: FanOut;

  /** `upstreamGroupId`: whom it addressed; undefined if that was one channel. */
  constructor(kind: FrameKind, upstreamGroupId: number | undefined) {
    this.#upstreamGroupId = upstreamGroupId;
    this.#shared = new FanOut(kind);
  }

  /** Says the same to every channel of this id, whichever connection it is on. */
  add(channel: RelayChannel, subject: number, encode: (channelId: number) => Uint8Array): void {
    const receiver = receiverOf(channel, this.#upstreamGroupId);
    if (this.#told.has(receiver)) return;
    this.#told.add(receiver);
    const channelId = 'members' in receiver ? receiver.groupChannelId : receiver.channelId;
    this.#shared.add(channel.peer.connection, channelId, subject, () => encode(channelId));
  }

  outputs(): SendOutput[] {
    return this.#shared.take();
  }
}
