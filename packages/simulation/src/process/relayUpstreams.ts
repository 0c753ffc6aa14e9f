import { meetsTarget } from '@stratumkit/bitcoin';
import { FRAME_HEADER_SIZE } from '@stratumkit/framing';
import { SubmitSharesExtended, SubmitSharesStandard } from '@stratumkit/messages/mining';
import type { ConnectionId, FrameKind } from '@stratumkit/roles';
import type { FoundShare } from '../invariants/foundShare.ts';
import type { HashKey } from '../invariants/keys.ts';
import type { MinedTip } from '../invariants/tipWatch.ts';
import { UpstreamPort, type UpstreamPortOptions } from './upstreamPort.ts';

const NO_TIP: HashKey = -1;

/** The upstream side of a proxy or translator: its connections, the shares that it hands on, and what it mines on. */
export class RelayUpstreams implements MinedTip {
  readonly port: UpstreamPort;
  readonly #options: UpstreamPortOptions;
  #active: ConnectionId | undefined;
  #tip = NO_TIP;
  #tips = 0;
  #activatedMs = 0;
  #switchedMs = 0;
  #sent = 0;

  constructor(options: UpstreamPortOptions) {
    this.#options = options;
    this.port = new UpstreamPort(options);
  }

  get tip(): HashKey {
    return this.#tip;
  }

  /** Virtual time of the last tip or other upstream. */
  get activatedMs(): number {
    return this.#activatedMs;
  }

  /** Virtual time since which it works for this upstream. */
  get switchedMs(): number {
    return this.#switchedMs;
  }

  /** Virtual time at which it lost or left an upstream last: jobs of that one are gone, even where the tip is the same. */
  get lostMs(): number {
    return this.port.lostMs;
  }

  /** Name of the host that gives the work. */
  get host(): string | undefined {
    return this.#active === undefined ? undefined : this.port.hostOf(this.#active);
  }

  /** The machine works for this connection now. Returns whether it has another tip or upstream to tell of. */
  follow(active: ConnectionId | undefined): boolean {
    const { tip = NO_TIP, tips = 0 } = (active === undefined ? undefined : this.port.book(active)) ?? {};
    if (active === this.#active && tips === this.#tips) return false;
    const isAnother = active !== this.#active || tip !== this.#tip;
    if (active !== this.#active) this.#switchedMs = this.#options.process.world.nowMs;
    this.#active = active;
    this.#tip = tip;
    this.#tips = tips;
    this.#activatedMs = this.#options.process.world.nowMs;
    return isAnother && tip !== NO_TIP;
  }

  /** Whether any of its upstreams works on this tip. */
  isKnown(tip: HashKey): boolean {
    for (const book of this.port.books()) if (book.tip === tip) return true;
    return false;
  }

  send(connection: ConnectionId, frame: Uint8Array, kind: FrameKind): void {
    const isStandard = frame[2] === SubmitSharesStandard.messageType;
    const isShare = isStandard || frame[2] === SubmitSharesExtended.messageType;
    if (isShare) this.#noteShare(connection, frame, isStandard);
    this.port.send(connection, frame, kind);
  }

  /** Shares that the machine wanted sent. */
  get sent(): number {
    return this.#sent;
  }

  /** Shares sent and not answered. */
  *inFlight(): Generator<FoundShare> {
    for (const book of this.port.books()) yield* book.unanswered();
  }

  /** Whether a share with this hash is worth something to the present upstream, whichever of its jobs it is for. */
  wants(hash: Uint8Array): boolean {
    const book = this.#active === undefined ? undefined : this.port.book(this.#active);
    if (book === undefined) return false;
    for (const { targets } of book.channels.values())
      if (targets.some((target) => !meetsTarget(hash, target))) return false;
    return true;
  }

  #noteShare(connection: ConnectionId, frame: Uint8Array, isStandard: boolean): void {
    this.#sent++;
    const book = this.port.book(connection);
    if (book === undefined) return;
    const { context, process } = this.#options;
    const { shares } = context.observer;
    const payload = frame.subarray(FRAME_HEADER_SIZE);
    const message = isStandard ? SubmitSharesStandard.decode(payload) : SubmitSharesExtended.decode(payload);
    const { channelId, sequenceNumber, jobId, version, ntime, nonce } = message;
    const origin = shares.byHeader({ version, ntime, nonce });
    context.observer.invariants.check(
      'credited-valid',
      origin !== undefined,
      () => `${process.host.name} hands on share ${sequenceNumber} of channel ${channelId}, which nobody found`,
    );
    if (origin === undefined) return;
    const share: FoundShare = {
      key: origin.key,
      hash: origin.hash,
      origin,
      next: undefined,
      accepted: undefined,
      device: process.host.index,
      isHonest: true,
      channelId,
      sequenceNumber,
      jobId,
      tip: origin.tip,
      work: 0n,
      version,
      ntime,
      nonce,
      foundMs: process.world.nowMs,
      // The relay may have told its client later than it was told.
      tipReceivedMs: Math.min(this.#activatedMs, origin.tipReceivedMs),
      tipsHeard: book.tips,
      isCounted: false,
      isRefused: false,
      state: 'sent',
    };
    book.sent(share);
    shares.forwarded(share);
  }
}
