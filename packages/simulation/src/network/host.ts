import type { Wire, WireSide } from './wire.ts';

/** What a host's line does to bytes. Both ends of a wire add theirs. */
export interface LineConditions {
  readonly latencyMs: number;
  /** Up to this much more, evenly. */
  readonly jitterMs: number;
  readonly bytesPerMs: number;
  /** Chance that a write arrives in pieces. */
  readonly splitChance: number;
  /** Of both kernels together, on the way to this host: with this much unread the sender cannot write. */
  readonly bufferBytes: number;
  /** Pieces are at most this long when a write is split. */
  readonly pieceBytes: number;
}

/** 10 to 15 ms and 100 Mbit/s at each end, with now and then a write that arrives in pieces. */
export const GOOD_LINE: LineConditions = {
  latencyMs: 10,
  jitterMs: 5,
  bytesPerMs: 12_500,
  bufferBytes: 256 * 1024,
  splitChance: 1 / 32,
  pieceBytes: 1_460,
};

export interface Incoming {
  readonly side: WireSide;
  readonly from: Host;
}

/** A machine on the network: a line, an address, and wires. */
export class Host {
  readonly name: string;
  readonly index: number;
  /** IPv4, as an admission gate sees it. */
  readonly address: string;
  readonly #goodLine: LineConditions;
  readonly #disturbances = new Set<Partial<LineConditions>>();
  #line: LineConditions;
  #stalls = 0;
  /** Without power nothing answers: packets to it vanish. */
  powered = true;
  /** Whoever listens; undefined refuses connections. */
  accept: ((incoming: Incoming) => void) | undefined;
  /** Does what the protocol says. */
  isHonest = true;
  /** Hands shares on: what it acknowledges it may have counted itself. */
  isRelay = false;
  readonly wires = new Set<Wire>();

  constructor(name: string, index: number, line: LineConditions) {
    this.name = name;
    this.index = index;
    this.address = `10.${(index >> 16) & 0xff}.${(index >> 8) & 0xff}.${index & 0xff}`;
    this.#goodLine = line;
    this.#line = line;
  }

  /** What its line does now: of all that disturbs it, the newest prevails. */
  get line(): LineConditions {
    return this.#line;
  }

  /** Nothing is read from the wires: the machine hangs. */
  get stalled(): boolean {
    return this.#stalls > 0;
  }

  /** Changes its line until the returned function is called, whatever else begins or ends meanwhile. */
  disturb(change: Partial<LineConditions>): () => void {
    const disturbance = { ...change };
    this.#disturbances.add(disturbance);
    this.#line = { ...this.#line, ...disturbance };
    return () => {
      this.#disturbances.delete(disturbance);
      this.#line = Object.assign({ ...this.#goodLine }, ...this.#disturbances);
    };
  }

  /** Hangs until the returned function is called, and longer if somebody else has it hang. */
  stall(): () => void {
    this.#stalls++;
    return () => {
      this.#stalls--;
      if (this.stalled) return;
      for (const wire of [...this.wires]) (wire.a.host === this ? wire.a : wire.b).drainInbox();
    };
  }
}
