/** One end of a byte stream without a socket. Close over a machine and its clock to make one. */
export interface ByteEnd {
  /** Takes bytes from the other end. */
  receive(chunk: Uint8Array): void;
  /** What this end has to send now, or undefined. */
  transmit(): Uint8Array | undefined;
}

/** How a link carries bytes. */
export interface LinkOptions {
  /** Largest piece handed over at once; whole transmissions unless given. */
  readonly chunkSize?: number;
  /** Sees, and may change, every transmission; an attacker in the middle. */
  readonly tap?: (bytes: Uint8Array, from: 'left' | 'right') => Uint8Array;
}

/** Rounds after which two ends that never fall silent are taken to talk for ever. */
const MAX_ROUNDS = 100_000;

/** Two ends joined by a lossless, ordered link that moves bytes only when told to. */
export class LinkedPair {
  readonly #left: ByteEnd;
  readonly #right: ByteEnd;
  readonly #options: LinkOptions;

  constructor(left: ByteEnd, right: ByteEnd, options: LinkOptions = {}) {
    this.#left = left;
    this.#right = right;
    this.#options = options;
  }

  /** Carries bytes both ways until neither end has any more, and returns how many were carried. */
  settle(): number {
    let carried = 0;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const moved = this.#carry(this.#left, this.#right, 'left') + this.#carry(this.#right, this.#left, 'right');
      if (moved === 0) return carried;
      carried += moved;
    }
    throw new Error('the two ends never fall silent');
  }

  #carry(from: ByteEnd, to: ByteEnd, name: 'left' | 'right'): number {
    const sent = from.transmit();
    if (sent === undefined || sent.length === 0) return 0;
    const bytes = this.#options.tap?.(sent, name) ?? sent;
    const step = this.#options.chunkSize ?? bytes.length;
    for (let offset = 0; offset < bytes.length; offset += step) to.receive(bytes.slice(offset, offset + step));
    return sent.length;
  }
}
