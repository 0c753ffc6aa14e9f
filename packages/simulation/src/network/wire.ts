import type { Prng } from '../core/prng.ts';
import { checksum } from '../core/traceHash.ts';
import { TRACE, type World } from '../core/world.ts';
import type { Host } from './host.ts';

/** A peer that vanished without a word is noticed by TCP's keepalive or retransmissions: 60 s, then 9 probes every 75 s. */
export const DEAD_PEER_MS = 735_000;
/** What one read of a socket gives. */
const READ_BYTES = 64 * 1024;
const MIN_RETRANSMIT_MS = 5_000;
const MAX_RETRANSMIT_MS = 60_000;
/** After a cut heals, TCP sends again within this time. */
const RETRANSMIT_MS = 3_000;

/** What the owner of one end is told. Not called any more after {@link WireSide.abandon}. */
export interface WireUser {
  receive(bytes: Uint8Array): void;
  ended(how: 'fin' | 'reset'): void;
  drained(): void;
}

type Parcel = Uint8Array | 'fin' | 'reset';

/** One end of a wire. */
export class WireSide {
  readonly wire: Wire;
  readonly host: Host;
  readonly id: number;
  user: WireUser | undefined;
  peer!: WireSide;
  /** Sent and not read by the peer. */
  outstanding = 0;
  #isFull = false;
  #isReading = true;
  #gone = false;
  #inbox: Parcel[] = [];
  /** Everything before it has been handed on. */
  #inboxAt = 0;
  #busyUntilMs = 0;
  #lastArrivalMs = 0;

  constructor(wire: Wire, host: Host, id: number) {
    this.wire = wire;
    this.host = host;
    this.id = id;
  }

  /** Whether what is written here can be read by somebody. */
  get isHeard(): boolean {
    return !this.#gone && !this.peer.isGone && !this.wire.isSilent && !this.wire.isHeldUp;
  }

  /** False when the buffers are full: `drained` tells when not any more. */
  write(bytes: Uint8Array): boolean {
    if (this.#gone || bytes.length === 0) return true;
    this.outstanding += bytes.length;
    if (!this.wire.isSilent) this.#transmit(bytes);
    this.#isFull = this.outstanding >= this.peer.host.line.bufferBytes;
    return !this.#isFull;
  }

  end(): void {
    if (!this.#gone && !this.wire.isSilent) this.#send('fin', 0);
  }

  /** Nobody is at this end any more. The peer is told with a reset unless the wire is dead. */
  abandon(tellPeer: boolean): void {
    if (this.#gone) return;
    this.#gone = true;
    this.user = undefined;
    this.#clearInbox();
    if (tellPeer && !this.wire.isSilent) this.#send('reset', 0);
    if (!tellPeer) this.wire.noticeDeath(this.peer);
    this.wire.sideGone();
  }

  get isGone(): boolean {
    return this.#gone;
  }

  setReading(reading: boolean): void {
    this.#isReading = reading;
    // As with a socket, what waits comes in a turn of its own.
    if (reading && this.#inbox.length > 0) this.wire.world.after(0, () => this.drainInbox());
  }

  /** Hands on what waits, as far as it is wanted: as a socket does, all that is there in one piece, up to 64 KiB. */
  drainInbox(): void {
    while (this.#inboxAt < this.#inbox.length && this.#isReading && !this.host.stalled && this.user !== undefined) {
      const first = this.#inbox[this.#inboxAt++]!;
      if (typeof first === 'string') this.#handOver(first);
      else this.#handOver(this.#gather(first));
      if (this.#inboxAt === this.#inbox.length) this.#clearInbox();
    }
  }

  #gather(first: Uint8Array): Uint8Array {
    let size = first.length;
    let end = this.#inboxAt;
    for (; end < this.#inbox.length; end++) {
      const next = this.#inbox[end]!;
      if (typeof next === 'string' || size + next.length > READ_BYTES) break;
      size += next.length;
    }
    if (end === this.#inboxAt) return first;
    const bytes = new Uint8Array(size);
    bytes.set(first);
    let at = first.length;
    for (; this.#inboxAt < end; this.#inboxAt++) {
      const piece = this.#inbox[this.#inboxAt] as Uint8Array;
      bytes.set(piece, at);
      at += piece.length;
    }
    return bytes;
  }

  #clearInbox(): void {
    this.#inbox = [];
    this.#inboxAt = 0;
  }

  /** A parcel has come over the line. */
  arrive(parcel: Parcel): void {
    if (this.#gone) {
      // Nobody listens here any more: the sender learns it.
      if (typeof parcel !== 'string') this.#send('reset', 0);
      return;
    }
    if (parcel === 'reset') this.#clearInbox();
    if ((this.#inbox.length > 0 || !this.#isReading || this.host.stalled) && parcel !== 'reset')
      this.#inbox.push(parcel);
    else this.#handOver(parcel);
  }

  #handOver(parcel: Parcel): void {
    const { world } = this.wire;
    if (typeof parcel === 'string') {
      world.note(TRACE.end, this.id, parcel === 'fin' ? 0 : 1);
      this.user?.ended(parcel);
      return;
    }
    world.note(TRACE.data, this.id, checksum(parcel));
    this.peer.acknowledge(parcel.length);
    this.user?.receive(parcel);
  }

  /** The peer has read so much. */
  acknowledge(bytes: number): void {
    this.outstanding -= bytes;
    if (!this.#isFull || this.outstanding * 2 > this.peer.host.line.bufferBytes) return;
    this.#isFull = false;
    this.wire.world.after(1, () => this.user?.drained());
  }

  #transmit(bytes: Uint8Array): void {
    const { random } = this.wire;
    const own = this.host.line;
    const other = this.peer.host.line;
    if (!random.chance(own.splitChance + other.splitChance)) {
      this.#send(bytes, bytes.length);
      return;
    }
    const limit = Math.min(own.pieceBytes, other.pieceBytes);
    for (let at = 0; at < bytes.length; ) {
      const size = Math.min(bytes.length - at, random.between(1, limit));
      this.#send(bytes.subarray(at, at + size), size);
      at += size;
    }
  }

  #send(parcel: Parcel, size: number): void {
    const { world, random } = this.wire;
    const own = this.host.line;
    const other = this.peer.host.line;
    this.#busyUntilMs = Math.max(world.nowMs, this.#busyUntilMs) + size / Math.min(own.bytesPerMs, other.bytesPerMs);
    const latencyMs = own.latencyMs + other.latencyMs + (own.jitterMs + other.jitterMs) * random.fraction();
    this.#lastArrivalMs = Math.max(this.#lastArrivalMs, this.#busyUntilMs + latencyMs);
    const { peer, wire } = this;
    world.at(this.#lastArrivalMs, () => wire.carry(peer, parcel));
  }
}

/** A TCP connection between two hosts: bytes arrive in order, sooner or later, or never. */
export class Wire {
  readonly world: World;
  readonly random: Prng;
  readonly a: WireSide;
  readonly b: WireSide;
  readonly id: number;
  readonly #isCut: (a: Host, b: Host) => boolean;
  readonly #held: { readonly to: WireSide; readonly parcel: Parcel }[] = [];
  #isSilent = false;
  #releasing = false;

  constructor(world: World, random: Prng, from: Host, to: Host, id: number, isCut: (a: Host, b: Host) => boolean) {
    this.world = world;
    this.random = random;
    this.id = id;
    this.#isCut = isCut;
    this.a = new WireSide(this, from, 2 * id);
    this.b = new WireSide(this, to, 2 * id + 1);
    this.a.peer = this.b;
    this.b.peer = this.a;
    from.wires.add(this);
    to.wires.add(this);
  }

  /** Packets vanish both ways, and neither end is told: half open. */
  get isSilent(): boolean {
    return this.#isSilent;
  }

  /** A cut is between the hosts, or what it held back has not come yet. */
  get isHeldUp(): boolean {
    return this.#held.length > 0 || this.#isCut(this.a.host, this.b.host);
  }

  silence(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#held.length = 0;
    this.noticeDeath(this.a);
    this.noticeDeath(this.b);
  }

  /** Without a word from its peer an end learns late that it is alone. */
  noticeDeath(side: WireSide): void {
    if (side.isGone || side.user === undefined) return;
    this.world.after(DEAD_PEER_MS, () => {
      if (!side.isGone) side.user?.ended('reset');
    });
  }

  /** A middlebox resets the connection on both ends. */
  reset(): void {
    if (this.#isSilent) return;
    this.#isSilent = true;
    this.#held.length = 0;
    for (const side of [this.a, this.b]) {
      this.world.after(side.host.line.latencyMs, () => {
        if (!side.isGone) side.arrive('reset');
      });
    }
  }

  carry(to: WireSide, parcel: Parcel): void {
    if (this.#isSilent) return;
    if (this.#held.length > 0 || this.#isCut(this.a.host, this.b.host)) {
      this.#held.push({ to, parcel });
      return;
    }
    if (to.host.powered) to.arrive(parcel);
    else this.#retransmit(to, parcel);
  }

  /** Without power nothing answers: TCP tries again, until the machine is back and does not know the connection any more. */
  #retransmit(to: WireSide, parcel: Parcel): void {
    if (typeof parcel === 'string' || to.peer.isGone) return;
    this.world.after(this.random.between(MIN_RETRANSMIT_MS, MAX_RETRANSMIT_MS), () => this.carry(to, parcel));
  }

  /** The cut between the hosts has healed: what was held back comes, in order. */
  release(): void {
    if (this.#held.length === 0 || this.#releasing) return;
    this.#releasing = true;
    this.world.after(this.random.below(RETRANSMIT_MS), () => {
      this.#releasing = false;
      if (this.#isCut(this.a.host, this.b.host)) return;
      for (const { to, parcel } of this.#held.splice(0)) if (!this.#isSilent && to.host.powered) to.arrive(parcel);
    });
  }

  sideGone(): void {
    if (!this.a.isGone || !this.b.isGone) return;
    this.a.host.wires.delete(this);
    this.b.host.wires.delete(this);
  }
}
