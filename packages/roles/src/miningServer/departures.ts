import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import { Reconnect } from '@stratumkit/messages/common';
import { NO_OUTPUTS } from '../output.ts';
import type { ChannelKeeper } from './channelKeeper.ts';
import type { Peer } from './peer.ts';
import type { MiningServerOutput } from './types.ts';

/** How long a leaving connection waits for the ledger to confirm its last shares. */
const LAST_ACKNOWLEDGEMENT_MS = 5_000;

/** Connections on their way out: their shares are acknowledged, their channels closed, then they are. */
export class Departures {
  readonly #keeper: ChannelKeeper;
  readonly #reconnectGraceMs: number;
  /** Told to reconnect, by the time they are dismissed; the first is always the next. */
  readonly #reconnecting = new Map<Peer, number>();
  /** Dismissed, waiting for the last acknowledgements; the first is always the next. */
  readonly #dismissed = new Map<Peer, { readonly closeAtMs: number; readonly reason: string }>();

  constructor(keeper: ChannelKeeper, reconnectGraceMs: number) {
    this.#keeper = keeper;
    this.#reconnectGraceMs = reconnectGraceMs;
  }

  get deadline(): number | undefined {
    if (this.#isIdle) return undefined;
    const [reconnecting] = this.#reconnecting.values();
    const [dismissed] = this.#dismissed.values();
    if (reconnecting === undefined || dismissed === undefined) return reconnecting ?? dismissed?.closeAtMs;
    return Math.min(reconnecting, dismissed.closeAtMs);
  }

  /** Some devices ignore Reconnect: to move them, their connection is closed after a while. */
  reconnect(peers: readonly Peer[], newHost: string, newPort: number, now: Now): MiningServerOutput[] {
    if (peers.length === 0) return [];
    for (const peer of peers)
      if (!this.#reconnecting.has(peer)) this.#reconnecting.set(peer, now.monotonicMs + this.#reconnectGraceMs);
    const frame = encodeFrame(Reconnect, { newHost, newPort });
    return [{ type: 'send', to: peers.map((peer) => peer.connection), frame, kind: 'control' }];
  }

  dismiss(peer: Peer, reason: string, now: Now): MiningServerOutput[] {
    if (this.#dismissed.has(peer)) return [];
    const outputs = [...peer.channels.values()].flatMap((served) => this.#keeper.closeForClient(served, reason));
    this.#reconnecting.delete(peer);
    this.#dismissed.set(peer, { closeAtMs: now.monotonicMs + LAST_ACKNOWLEDGEMENT_MS, reason });
    return [...outputs, ...this.finish(peer)];
  }

  /** Closes a dismissed connection if nothing is left to be acknowledged on it. */
  finish(peer: Peer): readonly MiningServerOutput[] {
    const dismissal = this.#dismissed.get(peer);
    if (dismissal === undefined || peer.acknowledging > 0) return NO_OUTPUTS;
    this.#dismissed.delete(peer);
    return [{ type: 'close', to: peer.connection, reason: dismissal.reason }];
  }

  forget(peer: Peer): void {
    this.#reconnecting.delete(peer);
    this.#dismissed.delete(peer);
  }

  tick(now: Now): readonly MiningServerOutput[] {
    if (this.#isIdle) return NO_OUTPUTS;
    const outputs: MiningServerOutput[] = [];
    for (const [peer, { closeAtMs, reason }] of this.#dismissed) {
      if (closeAtMs > now.monotonicMs) break;
      this.#dismissed.delete(peer);
      outputs.push({ type: 'close', to: peer.connection, reason });
    }
    for (const [peer, dismissAtMs] of this.#reconnecting) {
      if (dismissAtMs > now.monotonicMs) break;
      outputs.push(...this.dismiss(peer, 'reconnect', now));
    }
    return outputs;
  }

  get #isIdle(): boolean {
    return this.#dismissed.size === 0 && this.#reconnecting.size === 0;
  }
}
