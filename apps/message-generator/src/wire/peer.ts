import type { Socket } from 'node:net';
import { type JsonValue, parseJson } from '@stratumkit/codec';
import type { Frame } from '@stratumkit/framing';
import { LineSplitter } from '@stratumkit/sv1';
import { type DecodedFrame, decodeFrame } from './decode.ts';
import { Inbox } from './inbox.ts';
import { type CodecEdge, type Security, Sv2Codec } from './sv2Codec.ts';

/** One SV1 line. */
export interface DecodedLine {
  readonly text: string;
  readonly json: JsonValue | undefined;
  readonly error: string | undefined;
}

/** How bytes are handed to the socket. */
export interface WriteOptions {
  readonly split: readonly number[];
  readonly delayMs: number;
  readonly corrupt: readonly number[];
}

const PLAIN_WRITE: WriteOptions = { split: [], delayMs: 0, corrupt: [] };

/** Socket of a test: what it receives goes to an inbox, what it sends goes out as told. */
abstract class Peer<T> {
  readonly inbox = new Inbox<T>();
  readonly #socket: Socket;

  constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => {
      if (this.inbox.closed !== undefined) return;
      try {
        this.receive(chunk);
      } catch (error) {
        this.inbox.end((error as Error).message);
      }
    });
    socket.on('error', (error: NodeJS.ErrnoException) => this.inbox.end(error.code ?? error.message));
    socket.on('end', () => this.inbox.end('the peer closed the connection'));
    socket.on('close', () => this.inbox.end('the connection is closed'));
    // An accepted socket is paused until somebody listens.
    socket.resume();
  }

  protected abstract receive(chunk: Uint8Array): void;

  /** Resolves when the bytes are handed to the system. */
  async write(bytes: Uint8Array, options: WriteOptions = PLAIN_WRITE): Promise<void> {
    const whole = bytes.slice();
    for (const offset of options.corrupt) if (offset < whole.length) whole[offset]! ^= 1;
    let at = 0;
    for (const size of [...options.split, whole.length]) {
      const part = whole.subarray(at, at + size);
      if (part.length === 0) break;
      if (at > 0 && options.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, options.delayMs));
      await this.#writeOnce(part);
      at += part.length;
    }
  }

  close(how: 'fin' | 'reset'): void {
    if (how === 'reset') this.#socket.resetAndDestroy();
    else this.#socket.end();
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #writeOnce(bytes: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      if (!this.#socket.writable) reject(new Error(this.inbox.closed ?? 'the connection is closed'));
      else this.#socket.write(bytes, (error) => (error ? reject(error) : resolve()));
    });
  }
}

export class Sv2Peer extends Peer<DecodedFrame> {
  readonly protocol = 'sv2';
  readonly #codec: Sv2Codec;
  readonly #ready: Promise<void>;
  #settle: { resolve(): void; reject(error: unknown): void } | undefined;

  constructor(socket: Socket, security: Security, edge: CodecEdge) {
    super(socket);
    this.#codec = new Sv2Codec(security, edge);
    this.#ready = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
    this.#ready.catch(() => undefined);
    const first = this.#codec.start();
    if (first !== undefined) void this.write(first).catch((error: unknown) => this.#settle?.reject(error));
    if (this.#codec.ready) this.#settle?.resolve();
    else socket.on('close', () => this.#settle?.reject(new Error(`closed during the handshake: ${this.inbox.closed}`)));
  }

  /** The end of the handshake. Rejects with its failure. */
  get ready(): Promise<void> {
    return this.#ready;
  }

  sendFrame(frame: Frame, length: number | undefined, options: WriteOptions): Promise<void> {
    return this.write(this.#codec.encode(frame, length), options);
  }

  protected override receive(chunk: Uint8Array): void {
    this.#codec.push(chunk);
    if (!this.#codec.ready) {
      try {
        const answer = this.#codec.handshake();
        if (answer !== undefined) void this.write(answer).catch(() => undefined);
      } catch (error) {
        this.#settle?.reject(error);
        throw error;
      }
      if (this.#codec.ready) this.#settle?.resolve();
    }
    for (let frame = this.#codec.next(); frame !== undefined; frame = this.#codec.next()) {
      this.inbox.push(decodeFrame(frame));
    }
  }
}

export class Sv1Peer extends Peer<DecodedLine> {
  readonly protocol = 'sv1';
  readonly #splitter = new LineSplitter();

  get ready(): Promise<void> {
    return Promise.resolve();
  }

  protected override receive(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
    for (let line = this.#splitter.next(); line !== undefined; line = this.#splitter.next()) {
      this.inbox.push(decodeJsonLine(line));
    }
  }
}

export function decodeJsonLine(line: Uint8Array): DecodedLine {
  const text = new TextDecoder().decode(line);
  try {
    return { text, json: parseJson(text), error: undefined };
  } catch {
    return { text, json: undefined, error: 'not JSON' };
  }
}

export type AnyPeer = Sv2Peer | Sv1Peer;
