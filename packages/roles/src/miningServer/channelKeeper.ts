import type { ExtranonceAllocator } from '@stratumkit/channels';
import type { ConnectionId } from '../output.ts';
import type { Distribution } from './distribution.ts';
import type { Peer, ServedChannel } from './peer.ts';
import type { ShareDesk } from './shareDesk.ts';
import type { MiningServerOutput } from './types.ts';

/** Keeps count of connections and channels, and gives back what a closed channel held. */
export class ChannelKeeper {
  readonly #peers: Map<ConnectionId, Peer>;
  readonly #distribution: Distribution;
  readonly #desk: ShareDesk;
  readonly #extranonces: ExtranonceAllocator;
  readonly #maxClosedChannels: number;
  readonly #onClose: (served: ServedChannel) => void;
  #openChannels = 0;

  constructor(
    peers: Map<ConnectionId, Peer>,
    distribution: Distribution,
    desk: ShareDesk,
    extranonces: ExtranonceAllocator,
    maxClosedChannels: number,
    onClose: (served: ServedChannel) => void,
  ) {
    this.#onClose = onClose;
    this.#peers = peers;
    this.#distribution = distribution;
    this.#desk = desk;
    this.#extranonces = extranonces;
    this.#maxClosedChannels = maxClosedChannels;
  }

  get openChannels(): number {
    return this.#openChannels;
  }

  /** Whether something was found in the channel's search space. */
  hasShares(served: ServedChannel): boolean {
    return this.#desk.hasShares(served);
  }

  /** The opener has put the channel into its peer. */
  opened(served: ServedChannel): MiningServerOutput {
    this.#openChannels++;
    return { type: 'channels', connection: served.peer.connection, open: served.peer.channels.size };
  }

  /** The client said so: its shares are committed, but nothing is sent for the channel any more (spec 5.3.9). */
  closedByClient(served: ServedChannel, reason: string): MiningServerOutput[] {
    const outputs = this.#desk.flush(served);
    served.state = 'closed';
    this.#close(served);
    served.channel.dispose();
    return [...outputs, ...this.#report(served, reason)];
  }

  /** CloseChannel goes out behind the last acknowledgement. The channel is still searched for blocks until the next tip. */
  closeForClient(served: ServedChannel, reason: string): MiningServerOutput[] {
    const { peer, channel } = served;
    const outputs = this.#desk.flush(served);
    served.state = 'acknowledging';
    peer.acknowledging++;
    served.closeReason = reason;
    this.#close(served);
    peer.closed.set(channel.channelId, served);
    if (peer.closed.size > this.#maxClosedChannels) {
      const [oldest] = peer.closed.values();
      peer.closed.delete(oldest!.channel.channelId);
      oldest!.channel.dispose();
    }
    return [...outputs, ...this.#desk.finishClosing(served), ...this.#report(served, reason)];
  }

  disconnected(connection: ConnectionId): MiningServerOutput[] {
    const peer = this.#peers.get(connection);
    if (peer === undefined) return [];
    this.#peers.delete(connection);
    peer.isConnected = false;
    const outputs: MiningServerOutput[] = [];
    for (const served of [...peer.channels.values()]) {
      outputs.push(...this.#desk.flush(served));
      served.state = 'closed';
      this.#close(served);
      served.channel.dispose();
      outputs.push(...this.#closedEvent(served, 'disconnected'));
    }
    for (const served of peer.closed.values()) {
      served.state = 'closed';
      served.channel.dispose();
    }
    return outputs;
  }

  /** From now on nobody gets work on an older tip. */
  tipChanged(): void {
    this.#extranonces.chainTipChanged();
    for (const peer of this.#peers.values()) {
      for (const served of peer.closed.values()) served.channel.dispose();
      peer.closed.clear();
    }
  }

  #close(served: ServedChannel): void {
    this.#onClose(served);
    const { peer, channel, lease, payoutClass, requestId } = served;
    this.#extranonces.release(lease, channel.close(), this.hasShares(served));
    peer.leaveGroup(served);
    peer.channels.delete(channel.channelId);
    peer.requestIds.delete(requestId);
    this.#distribution.classes.leave(payoutClass);
    this.#openChannels--;
  }

  #report(served: ServedChannel, reason: string): MiningServerOutput[] {
    const { connection, channels } = served.peer;
    return [{ type: 'channels', connection, open: channels.size }, ...this.#closedEvent(served, reason)];
  }

  #closedEvent({ peer, channel, userIdentity, accounting }: ServedChannel, reason: string): MiningServerOutput[] {
    const { connection } = peer;
    const { channelId } = channel;
    const { totals } = accounting;
    return [{ type: 'event', event: { type: 'channelClosed', connection, channelId, userIdentity, reason, totals } }];
  }
}
