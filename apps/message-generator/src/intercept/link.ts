import { connect, type Socket } from 'node:net';
import { ByteBuffer } from '../wire/byteBuffer.ts';
import type { CodecEdge } from '../wire/sv2Codec.ts';
import { Lane, type LaneOptions } from './lane.ts';
import type { LinkFaults } from './linkFaults.ts';
import { RuleBook } from './ruleBook.ts';
import type { Heading, Rule } from './script.ts';
import { frameSide, type Intercepted, lineSide, type SideCodec, sniff } from './side.ts';

export interface LinkOptions extends LaneOptions {
  readonly number: number;
  readonly rules: readonly Rule[];
  readonly edge: CodecEdge;
  readonly upstream: { readonly host: string; readonly port: number };
  readonly upstreamKey: Uint8Array | 'unverified';
  readonly authoritySecretKey: Uint8Array;
  readonly faults: LinkFaults;
  onProtocol(protocol: 'sv1' | 'sv2', encrypted: boolean): void;
  /** The address that the upstream's name stands for. */
  onUpstream(address: string): void;
  /** One end closed the connection first, or neither: it was closed here. */
  onClosed(by: Heading | undefined): void;
}

/** Messages read from a side that may wait before it is read no further. */
const MAX_WAITING = 256;

/** One connection in the middle: two sockets, two ways of speaking, and the rules between. */
export class Link {
  readonly #options: LinkOptions;
  readonly #down: Socket;
  readonly #book: RuleBook;
  #up: Socket | undefined;
  #toUp: Lane | undefined;
  #toDown: Lane | undefined;
  /** What came before it was known how downstream speaks. */
  readonly #early = new ByteBuffer();
  #closed = false;
  #closedBy: Heading | undefined;

  constructor(down: Socket, options: LinkOptions) {
    this.#options = options;
    this.#down = down;
    this.#book = new RuleBook(options.rules, options.scope);
    down.setNoDelay(true);
    down.on('error', () => this.close());
    down.on('close', () => this.#gone('downstream', this.#toUp, this.#up));
    down.on('data', this.#first);
  }

  /** Whether nothing came from downstream so far. */
  get isSilent(): boolean {
    return this.#up === undefined && this.#early.length === 0;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#down.destroy();
    this.#up?.destroy();
    this.#options.onClosed(this.#closedBy);
  }

  readonly #first = (chunk: Uint8Array): void => {
    this.#early.push(chunk);
    const { faults } = this.#options;
    const kind = faults.speaks ?? sniff(this.#early.peek());
    if (kind === undefined) return;
    if (kind === 'plain' && faults.refusesPlain === true) {
      this.close();
      return;
    }
    this.#down.off('data', this.#first);
    this.#down.pause();
    const { upstream, onEvent, edge, upstreamKey, authoritySecretKey, onProtocol } = this.#options;
    onProtocol(kind === 'sv1' ? 'sv1' : 'sv2', kind === 'noise');
    const up = connect(upstream);
    this.#up = up;
    up.setNoDelay(true);
    up.on('error', (error: NodeJS.ErrnoException) => {
      onEvent(`upstream: ${error.code ?? error.message}`);
      this.close();
    });
    up.once('connect', () => {
      this.#options.onUpstream(up.remoteAddress ?? upstream.host);
      const sides =
        kind === 'sv1'
          ? [lineSide(), lineSide()]
          : kind === 'plain'
            ? [frameSide({ type: 'plain' }, edge), frameSide({ type: 'plain' }, edge)]
            : [
                frameSide({ type: 'responder', authoritySecretKey }, edge),
                frameSide(
                  faults.plainUpstream === true
                    ? { type: 'plain' }
                    : { type: 'initiator', authorityPublicKey: upstreamKey },
                  edge,
                ),
              ];
      this.#join(up, sides[0] as SideCodec, sides[1] as SideCodec);
    });
    up.on('close', () => {
      if (faults.keepsOpen !== true) this.#gone('upstream', this.#toDown, this.#down);
    });
  };

  /** One side is closed: what it had said still goes to the other, which is closed then. */
  #gone(end: Heading, lane: Lane | undefined, other: Socket | undefined): void {
    if (!this.#closed) this.#closedBy ??= end;
    if (lane === undefined || other === undefined || other.destroyed || !lane.isOpen) this.close();
    else void lane.finish().then(() => other.destroySoon());
  }

  #join(up: Socket, downCodec: SideCodec, upCodec: SideCodec): void {
    const hello = upCodec.start();
    const lane = (to: Heading, socket: Socket, codec: SideCodec, answer: (message: Intercepted) => void) =>
      new Lane(to, socket, codec, this.#options, this.#book, (how) => this.#hangUp(how), answer);
    const toUp: Lane = lane('upstream', up, upCodec, (message) => toDown.put(message));
    const toDown: Lane = lane('downstream', this.#down, downCodec, (message) => toUp.put(message));
    this.#toUp = toUp;
    this.#toDown = toDown;
    this.#carry(this.#down, downCodec, toUp);
    this.#carry(up, upCodec, toDown, () => toUp.open());
    if (hello !== undefined) up.write(hello);
    if (upCodec.ready) toUp.open();
    toDown.open();
    // The device's bytes that were looked at come first.
    this.#down.emit('data', this.#early.takeAll());
    this.#down.resume();
  }

  #carry(from: Socket, codec: SideCodec, lane: Lane, onReady: () => void = () => undefined): void {
    from.on('data', (chunk: Uint8Array) => {
      if (this.#closed) return;
      try {
        const { messages, reply } = codec.push(chunk);
        if (reply !== undefined) from.write(reply);
        if (codec.ready) onReady();
        const { crashesAbove, wholeFramesOnly } = this.#options.faults;
        if (crashesAbove !== undefined && codec.awaitedBytes > crashesAbove) this.#options.onCrash();
        if (wholeFramesOnly === true && codec.isWaiting) throw new Error('a frame in pieces');
        for (const message of messages) lane.take(message);
      } catch (error) {
        this.#options.onEvent((error as Error).message);
        if (this.#options.faults.ignoresDamage !== true) this.close();
        return;
      }
      if (lane.waiting > MAX_WAITING) {
        from.pause();
        void lane.drained().then(() => from.resume());
      }
    });
  }

  #hangUp(how: 'fin' | 'reset'): void {
    if (how === 'reset') {
      this.#down.resetAndDestroy();
      this.#up?.resetAndDestroy();
    } else {
      this.#down.end();
      this.#up?.end();
    }
  }
}
