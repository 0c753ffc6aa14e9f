import type { ExtendedJobTemplate } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { ClientJob } from '../miningClient/work.ts';
import { FanOut } from '../miningServer/fanOut.ts';
import type { FrameKind, SendOutput } from '../output.ts';
import type { Outputs } from './proxyMode.ts';
import type { ProxyEvent } from './proxyTypes.ts';
import type { RelayChannel } from './relayChannel.ts';
import { type RelayReceiver, receiverOf } from './relayFanOut.ts';

/** A channel and what it got upstream. */
export interface Addressed {
  readonly channel: RelayChannel;
  readonly upstream: ClientChannel;
  readonly job: ClientJob;
}

export interface RoundOptions {
  readonly kind: FrameKind;
  readonly reason: Extract<ProxyEvent, { type: 'job' }>['reason'];
  /** Whom the upstream addressed; undefined if that was one channel. */
  readonly upstreamGroupId: number | undefined;
  /** Notes it on the channel; undefined if it says nothing there. */
  note(channel: RelayChannel, job: ClientJob, now: Now): ExtendedJobTemplate | undefined;
  /** The same for whoever has this id, on whichever connection. */
  encode(channelId: number, template: ExtendedJobTemplate): Uint8Array;
  /** Where channels differ. */
  encodeOwn?(channel: RelayChannel, template: ExtendedJobTemplate): Uint8Array | undefined;
}

/** A job or tip on its way to all that the upstream addressed. Channels that are told in one message get it together. */
export class RelayRound {
  readonly #options: RoundOptions;
  readonly #waiting = new Map<RelayReceiver, Addressed[]>();
  readonly #shared: FanOut;
  #own: SendOutput[] = [];
  #channels = 0;
  #templateId = 0n;

  constructor(options: RoundOptions, addressed: Iterable<Addressed>) {
    this.#options = options;
    this.#shared = new FanOut(options.kind);
    for (const one of addressed) {
      const receiver = receiverOf(one.channel, options.upstreamGroupId);
      const members = this.#waiting.get(receiver);
      if (members === undefined) this.#waiting.set(receiver, [one]);
      else members.push(one);
    }
  }

  get isDone(): boolean {
    return this.#waiting.size === 0;
  }

  /** Serves channels until there were `units` of them, a group as a whole. Returns how many units are left. */
  run(units: number, now: Now): number {
    let left = units;
    for (const [receiver, members] of this.#waiting) {
      if (left <= 0) break;
      this.#visit(receiver, members, now);
      left -= members.length;
    }
    return left;
  }

  /** Serves this channel, and whoever is told with it, before the others. */
  serve(channel: RelayChannel, now: Now): void {
    const receiver = receiverOf(channel, this.#options.upstreamGroupId);
    const members = this.#waiting.get(receiver);
    if (members !== undefined) this.#visit(receiver, members, now);
  }

  /** What the visits since the last call want to be sent; the event is told behind the last of them. */
  take(): Outputs {
    const sends = [...this.#shared.take(), ...this.#own];
    this.#own = [];
    if (!this.isDone || this.#channels === 0) return sends;
    const { reason } = this.#options;
    const job = { reason, templateId: this.#templateId, height: undefined, channels: this.#channels };
    return [...sends, { type: 'event', event: { type: 'job', ...job } }];
  }

  #visit(receiver: RelayReceiver, members: readonly Addressed[], now: Now): void {
    this.#waiting.delete(receiver);
    let isTold = false;
    for (const { channel, upstream, job } of members) {
      // Closed meanwhile, or at another upstream.
      if (channel.upstream?.channel !== upstream) continue;
      const template = this.#options.note(channel, job, now);
      if (template === undefined) continue;
      this.#channels++;
      this.#templateId = template.templateId;
      if (!isTold) this.#tell(receiver, channel, template);
      isTold = true;
    }
  }

  #tell(receiver: RelayReceiver, channel: RelayChannel, template: ExtendedJobTemplate): void {
    const { kind, encode, encodeOwn } = this.#options;
    const { connection } = channel.peer;
    const own = receiver === channel ? encodeOwn?.(channel, template) : undefined;
    const channelId = 'members' in receiver ? receiver.groupChannelId : receiver.channelId;
    if (own !== undefined) this.#own.push({ type: 'send', to: [connection], frame: own, kind, channelId });
    else this.#shared.add(connection, channelId, template.jobId, () => encode(channelId, template));
  }
}
