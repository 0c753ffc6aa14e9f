import { connect, type Socket } from 'node:net';
import { ACT2_SIZE, type NoiseCrypto, NoiseInitiator, type NoiseSession } from '@stratumkit/noise';
import { seededRandom } from '../seed.ts';

/** Where attacks go. */
export interface HostileTarget {
  readonly host: string;
  readonly port: number;
  readonly crypto?: NoiseCrypto;
}

let lastSeed = 0;

/** A peer that knows Noise well enough to misuse everything behind it. Errors of the socket are not errors here. */
export class HostileSocket {
  /** Settles when the socket is gone, whoever ended it. */
  readonly closed: Promise<void>;
  readonly random: (length: number) => Uint8Array;
  readonly #socket: Socket;
  readonly #target: HostileTarget;
  #received = Buffer.alloc(0);
  #wakeReader: (() => void) | undefined;
  #isClosed = false;

  private constructor(socket: Socket, target: HostileTarget) {
    this.random = seededRandom(++lastSeed);
    this.#socket = socket;
    this.#target = target;
    this.closed = new Promise((resolve) => {
      socket.on('close', () => {
        this.#isClosed = true;
        this.#wakeReader?.();
        resolve();
      });
    });
    socket.on('error', () => {});
    socket.on('data', (chunk) => {
      if (this.#received.length < ACT2_SIZE) this.#received = Buffer.concat([this.#received, chunk]);
      this.#wakeReader?.();
    });
    socket.on('end', () => socket.end());
  }

  static async connect(target: HostileTarget): Promise<HostileSocket> {
    const socket = connect({ host: target.host, port: target.port, noDelay: true, allowHalfOpen: true });
    const hostile = new HostileSocket(socket, target);
    // A refused connection counts as one that was closed at once.
    await Promise.race([new Promise((resolve) => socket.once('connect', resolve)), hostile.closed]);
    return hostile;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Hands bytes to the system and waits until it took them, or the socket is gone. */
  async write(bytes: Uint8Array): Promise<void> {
    if (this.#socket.destroyed || this.#socket.writableEnded) return this.closed;
    await Promise.race([new Promise((resolve) => this.#socket.write(bytes, resolve)), this.closed]);
  }

  /** The handshake, as a good peer does it, with whoever answers. Undefined if the other side closes meanwhile. */
  async handshake(): Promise<NoiseSession | undefined> {
    const { crypto } = this.#target;
    const initiator = new NoiseInitiator({
      random: this.random,
      authorityPublicKey: 'unverified',
      ...(crypto && { crypto }),
    });
    await this.write(initiator.start());
    while (this.#received.length < ACT2_SIZE) {
      if (this.#isClosed) return undefined;
      await new Promise<void>((resolve) => {
        this.#wakeReader = resolve;
      });
    }
    return initiator.finish(this.#received.subarray(0, ACT2_SIZE), Math.floor(Date.now() / 1_000));
  }

  stopReading(): void {
    this.#socket.pause();
  }

  /** FIN. */
  end(): void {
    this.#socket.end();
  }

  /** RST. */
  reset(): void {
    this.#socket.resetAndDestroy();
  }

  destroy(): void {
    this.#socket.destroy();
  }
}

/** Seals a frame into a buffer of its own. */
export function seal(session: NoiseSession, frame: Uint8Array): Uint8Array {
  const out = new Uint8Array(session.sealedSize(frame.length));
  session.seal(frame, out, 0);
  return out;
}
