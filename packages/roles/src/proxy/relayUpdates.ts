import { isNominalHashrate } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import { UPDATE_CHANNEL_ERROR_CODES, type UpdateChannel, UpdateChannelError } from '@stratumkit/messages/mining';
import { DueQueue } from '../miningServer/dueQueue.ts';
import type { SendOutput } from '../output.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayPeer } from './relayPeer.ts';

const CODES = UPDATE_CHANNEL_ERROR_CODES;

/** `UpdateChannel` of downstreams: for each channel at most one in an interval goes up, the last one that came (spec 5.3.7). */
export class RelayUpdates {
  readonly #intervalMs: number;
  /** When the channel's last update went up, for as long as the next has to wait for it. */
  readonly #resting = new DueQueue<RelayChannel>();
  readonly #changed = new Set<RelayChannel>();

  constructor(intervalMs: number) {
    this.#intervalMs = intervalMs;
  }

  get deadline(): number | undefined {
    return this.#resting.next;
  }

  /** Returns the refusal, or what goes up now. */
  receive(peer: RelayPeer, value: UpdateChannel, now: Now): { readonly down?: SendOutput; readonly up?: RelayChannel } {
    const { channelId, nominalHashRate, maximumTarget } = value;
    const channel = peer.channels.get(channelId);
    if (channel === undefined) return { down: updateRefused(peer, channelId, CODES.invalidChannelId) };
    if (!isNominalHashrate(nominalHashRate))
      return { down: updateRefused(peer, channelId, CODES.invalidNominalHashrate) };
    channel.nominalHashrate = nominalHashRate;
    channel.maxTarget = maximumTarget.slice();
    if (this.#resting.has(channel)) {
      this.#changed.add(channel);
      return {};
    }
    this.#resting.set(channel, now.monotonicMs + this.#intervalMs);
    return { up: channel };
  }

  /** Channels whose update goes up now. */
  tick(now: Now): RelayChannel[] {
    const due: RelayChannel[] = [];
    for (
      let channel = this.#resting.takeDue(now.monotonicMs);
      channel !== undefined;
      channel = this.#resting.takeDue(now.monotonicMs)
    ) {
      if (!this.#changed.delete(channel)) continue;
      this.#resting.set(channel, now.monotonicMs + this.#intervalMs);
      due.push(channel);
    }
    return due;
  }

  closed(channel: RelayChannel): void {
    this.#resting.delete(channel);
    this.#changed.delete(channel);
  }
}

export function updateRefused({ connection }: RelayPeer, channelId: number, errorCode: string): SendOutput {
  const frame = encodeFrame(UpdateChannelError, { channelId, errorCode });
  return { type: 'send', to: [connection], frame, kind: 'reply', channelId };
}
