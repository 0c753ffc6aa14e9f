import type { Socket } from 'node:net';
import type { Frame } from '@stratumkit/framing';
import { LineSplitter } from '@stratumkit/sv1';
import { type DecodedFrame, decodeFrame } from '../wire/decode.ts';
import { type DecodedLine, decodeJsonLine } from '../wire/peer.ts';
import { type CodecEdge, type Security, Sv2Codec } from '../wire/sv2Codec.ts';

export type Intercepted = DecodedFrame | DecodedLine;

/** How one end speaks: frames, plain or sealed, or lines. */
export interface SideCodec {
  start(): Uint8Array | undefined;
  /** What came, and what is to be sent back for a handshake. */
  push(chunk: Uint8Array): { readonly messages: readonly Intercepted[]; readonly reply: Uint8Array | undefined };
  readonly ready: boolean;
  /** A part of a message is here and the rest is not. */
  readonly isWaiting: boolean;
  /** Length of the frame whose payload is awaited. */
  readonly awaitedBytes: number;
  encode(message: Intercepted): Uint8Array;
}

export function frameSide(security: Security, edge: CodecEdge): SideCodec {
  const codec = new Sv2Codec(security, edge);
  return {
    start: () => codec.start(),
    push(chunk) {
      codec.push(chunk);
      const reply = codec.handshake();
      const messages: Intercepted[] = [];
      for (let frame = codec.next(); frame !== undefined; frame = codec.next()) messages.push(decodeFrame(frame));
      return { messages, reply };
    },
    get ready() {
      return codec.ready;
    },
    get isWaiting() {
      return codec.isWaiting;
    },
    get awaitedBytes() {
      return codec.awaitedBytes;
    },
    encode: (message) => codec.encode((message as DecodedFrame).frame as Frame),
  };
}

export function lineSide(): SideCodec {
  const splitter = new LineSplitter();
  let waiting = 0;
  return {
    start: () => undefined,
    push(chunk) {
      splitter.push(chunk);
      const messages: Intercepted[] = [];
      const end = chunk.lastIndexOf(0x0a);
      waiting = end < 0 ? waiting + chunk.length : chunk.length - end - 1;
      for (let line = splitter.next(); line !== undefined; line = splitter.next()) messages.push(decodeJsonLine(line));
      return { messages, reply: undefined };
    },
    ready: true,
    get isWaiting() {
      return waiting > 0;
    },
    get awaitedBytes() {
      return waiting;
    },
    encode: (message) => new TextEncoder().encode(`${(message as DecodedLine).text}\n`),
  };
}

/** What the first bytes of a client tell: text is SV1, the header of a SetupConnection is plain SV2, anything else is a handshake. */
export function sniff(first: Uint8Array): 'sv1' | 'plain' | 'noise' | undefined {
  const [byte] = first;
  if (byte === undefined) return undefined;
  // A handshake may begin with any byte, but not with many that are printable.
  if ((byte === 0x7b || byte === 0x20 || byte === 0x0a || byte === 0x0d) && isText(first.subarray(0, 24))) return 'sv1';
  if (byte !== 0) return 'noise';
  if (first.length < 6) return undefined;
  return first[1] === 0 && first[2] === 0 && first[5] === 0 ? 'plain' : 'noise';
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x0a || byte === 0x0d || byte === 0x09);
}

/** Writes in order; the promise is done when the socket takes more. */
export function writeTo(socket: Socket, bytes: Uint8Array): Promise<void> {
  if (!socket.writable) return Promise.resolve();
  if (socket.write(bytes)) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done);
      socket.off('close', done);
      resolve();
    };
    socket.on('drain', done);
    socket.on('close', done);
  });
}
