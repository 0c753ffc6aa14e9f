import type { Now } from '@stratumkit/codec';
import { sanitizeErrorCode } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import { CloseChannel } from '@stratumkit/messages/mining';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { ConnectionId } from '../output.ts';
import type { Outputs } from './proxyMode.ts';
import type { ProxyOutput } from './proxyTypes.ts';
import type { RelayChannel } from './relayChannel.ts';
import { closeUp } from './relayMessages.ts';
import type { Opening, RelayOpenings } from './relayOpenings.ts';
import type { RelayPeer } from './relayPeer.ts';
import type { RelayShares } from './relayShares.ts';
import type { RelayUpdates } from './relayUpdates.ts';

/** How long a leaving connection waits for the upstream's answers to its last shares. */
const LAST_ANSWERS_MS = 3_000;

/** The downstream connections and their channels, from the first request to the last answer. */
export class RelayKeeper {
  readonly #peers = new Map<ConnectionId, RelayPeer>();
  readonly #byUpstream = new Map<ClientChannel, RelayChannel>();
  /** Connections on their way out, by when they are closed at the latest. */
  readonly #leaving = new Map<RelayPeer, number>();
  readonly #openings: RelayOpenings;
  readonly #shares: RelayShares;
  readonly #updates: RelayUpdates;
  #openChannels = 0;
  #openingCount = 0;

  constructor(openings: RelayOpenings, shares: RelayShares, updates: RelayUpdates) {
    this.#openings = openings;
    this.#shares = shares;
    this.#updates = updates;
  }

  get peers(): ReadonlyMap<ConnectionId, RelayPeer> {
    return this.#peers;
  }

  get channels(): Iterable<RelayChannel> {
    return this.#byUpstream.values();
  }

  get openChannels(): number {
    return this.#openChannels;
  }

  get openingCount(): number {
    return this.#openingCount;
  }

  /** When the next connection on its way out is closed at the latest. */
  get deadline(): number | undefined {
    const [leaving] = this.#leaving.values();
    return leaving;
  }

  channelOf(upstream: ClientChannel | undefined): RelayChannel | undefined {
    return upstream === undefined ? undefined : this.#byUpstream.get(upstream);
  }

  connected(peer: RelayPeer): void {
    this.#peers.set(peer.connection, peer);
  }

  /** All of its channels are closed upstream (spec 5.3.9). */
  disconnected(connection: ConnectionId): Outputs {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return [];
    this.#cancelAll(peer);
    const outputs = [...peer.channels.values()].flatMap((channel) => this.close(channel, 'disconnected'));
    this.#peers.delete(connection);
    this.#leaving.delete(peer);
    return [...outputs, { type: 'event', event: { type: 'disconnected', connection } }];
  }

  asked(opening: Opening): void {
    opening.peer.openings.add(opening);
    this.#openingCount++;
    this.#openings.add(opening);
  }

  answered(opening: Opening): void {
    if (opening.peer.openings.delete(opening)) this.#openingCount--;
  }

  opened(channel: RelayChannel, upstream: ClientChannel): void {
    channel.peer.channels.set(channel.channelId, channel);
    this.#openChannels++;
    this.attached(channel, upstream);
  }

  attached(channel: RelayChannel, upstream: ClientChannel): void {
    this.#byUpstream.set(upstream, channel);
  }

  detached(upstream: ClientChannel): void {
    this.#byUpstream.delete(upstream);
  }

  /** The downstream wants no more of it, and is told nothing. */
  close(channel: RelayChannel, reason: string): Outputs {
    const { peer, channelId, upstream, userIdentity, accounting } = channel;
    const outputs: ProxyOutput<never>[] = [];
    for (const opening of peer.openings) if (opening.channel === channel) this.#cancel(opening);
    if (upstream !== undefined) {
      outputs.push(...closeUp(upstream.session, upstream.channel, reason));
      this.#byUpstream.delete(upstream.channel);
    }
    peer.leaveGroup(channel);
    peer.channels.delete(channelId);
    this.#openChannels--;
    this.#updates.closed(channel);
    // What was sent up counts there, but nobody learns of it any more.
    for (const step of this.#shares.sent.ended(upstream?.channel, 'downstream-gone'))
      if ('type' in step) outputs.push(step);
    channel.detach();
    const { connection } = peer;
    const { totals } = accounting;
    return [
      ...outputs,
      { type: 'channels', connection, open: peer.channels.size },
      { type: 'event', event: { type: 'channelClosed', connection, channelId, userIdentity, reason, totals } },
    ];
  }

  /** The upstream wants no more of it. */
  closeDown(channel: RelayChannel, reason: string): Outputs {
    const { peer, channelId } = channel;
    const reasonCode = sanitizeErrorCode(reason);
    const frame = encodeFrame(CloseChannel, { channelId, reasonCode });
    return [
      ...this.close(channel, reasonCode),
      { type: 'send', to: [peer.connection], frame, kind: 'control', channelId },
    ];
  }

  /** The connection is closed once its shares are answered. */
  dismiss(peer: RelayPeer, reason: string, now: Now): Outputs {
    if (peer.leaving !== undefined) return [];
    peer.leaving = reason;
    if (peer.unanswered === 0) return this.#finish(peer);
    this.#leaving.set(peer, now.monotonicMs + LAST_ANSWERS_MS);
    return [];
  }

  dismissAll(reason: string, now: Now): Outputs {
    return [...this.#peers.values()].flatMap((peer) => this.dismiss(peer, reason, now));
  }

  /** Some shares were answered: closes those that waited for nothing else. */
  finishAnswered(): Outputs {
    return [...this.#leaving.keys()].filter(({ unanswered }) => unanswered === 0).flatMap((peer) => this.#finish(peer));
  }

  /** Closes those that have waited long enough. */
  tick(now: Now): Outputs {
    const outputs: ProxyOutput<never>[] = [];
    for (const [peer, closeAtMs] of this.#leaving) {
      if (closeAtMs > now.monotonicMs) break;
      outputs.push(...this.#finish(peer));
    }
    return outputs;
  }

  #finish(peer: RelayPeer): Outputs {
    this.#leaving.delete(peer);
    const reason = peer.leaving ?? 'no-work';
    this.#cancelAll(peer);
    const outputs = [...peer.channels.values()].flatMap((channel) => this.closeDown(channel, reason));
    return [...outputs, { type: 'close', to: peer.connection, reason }];
  }

  #cancelAll(peer: RelayPeer): void {
    for (const opening of [...peer.openings]) this.#cancel(opening);
  }

  #cancel(opening: Opening): void {
    this.#openings.drop(opening);
    this.answered(opening);
  }
}
