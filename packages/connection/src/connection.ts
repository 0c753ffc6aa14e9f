import { type MessageDefinition, type Now, RemoteError, UsageError } from '@stratumkit/codec';
import { decodeTlvs, FRAME_HEADER_SIZE, type FrameHeader, type TlvField } from '@stratumkit/framing';
import type { MessagesByProtocol, Protocol } from '@stratumkit/messages';
import { TLV_DEFINITIONS } from '@stratumkit/messages/extensions';
import { ClientNegotiation } from './clientNegotiation.ts';
import { type CloseCause, type CloseDetail, flushesQueue } from './closeCause.ts';
import { ConnectionDeadlines } from './deadlines.ts';
import type { ConnectionCounters, ConnectionEvent, ConnectionState, SendOptions } from './events.ts';
import { FrameReader, type ReceivedFrame } from './frameReader.ts';
import { recogniseGreeting } from './greeting.ts';
import { Handshake } from './handshake.ts';
import { InputBuffer } from './inputBuffer.ts';
import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from './limits.ts';
import { MessageBudget } from './messageBudget.ts';
import type { Negotiation, NegotiationStep } from './negotiation.ts';
import type { ClientSetup, ConnectionOptions, ServerSetup } from './options.ts';
import { SendQueue } from './sendQueue.ts';
import { ServerNegotiation } from './serverNegotiation.ts';
import { createNoiseWire, PLAIN_WIRE, type Wire } from './wire.ts';

const NO_TLVS: readonly TlvField[] = [];

/**
 * One Stratum V2 connection, bytes in and bytes out: Noise or plain, setup, extensions, limits, deadlines, send queue. It owns
 * no socket, timer or clock, and never throws because of what a peer sends: the end of the connection is an event.
 */
export class Connection<P extends Protocol = Protocol> {
  readonly protocol: P;
  readonly #setup: ServerSetup | ClientSetup;
  readonly #negotiation: Negotiation;
  readonly #limits: ConnectionLimits;
  readonly #input = new InputBuffer();
  readonly #queue = new SendQueue();
  readonly #budget: MessageBudget;
  readonly #deadlines: ConnectionDeadlines;
  readonly #createdMs: number;
  readonly #counters: ConnectionCounters = {
    bytesReceived: 0,
    bytesSent: 0,
    framesReceived: 0,
    framesSent: 0,
    framesDropped: 0,
    wrongChannelBit: 0,
    unknownMessages: 0,
    unexplainedTrailingBytes: 0,
  };
  #now: Now;
  #state: ConnectionState;
  #handshake: Handshake | undefined;
  #wire: Wire = PLAIN_WIRE;
  #reader: FrameReader | undefined;
  /** Handshake bytes to send, before any frame. */
  #act: Uint8Array | undefined;
  #events: ConnectionEvent<P>[] = [];
  #ended = false;
  #writable = true;

  constructor(options: ConnectionOptions<P>, now: Now) {
    this.protocol = options.protocol;
    this.#setup = options.setup;
    this.#negotiation =
      options.setup.side === 'server'
        ? new ServerNegotiation(options.setup, options.protocol)
        : new ClientNegotiation(options.setup, options.protocol);
    this.#limits = { ...DEFAULT_CONNECTION_LIMITS, ...options.limits };
    this.#now = now;
    this.#createdMs = now.monotonicMs;
    this.#budget = new MessageBudget(this.#limits.budgets, now.monotonicMs);
    this.#deadlines = new ConnectionDeadlines(this.#limits, options.protocol, options.setup);
    if (options.security.type === 'plain') {
      this.#state = 'setup';
      this.#beginFrames(PLAIN_WIRE);
    } else {
      this.#state = 'handshake';
      this.#handshake = new Handshake(options.security);
      this.#act = this.#handshake.opening;
      this.#deadlines.handshake(now.monotonicMs);
    }
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get counters(): Readonly<ConnectionCounters> {
    return this.#counters;
  }

  /** Bytes from the peer. Never throws because of them. The chunk must not change afterwards. */
  push(chunk: Uint8Array, now: Now): void {
    this.tick(now);
    if (this.#state === 'closed' || this.#ended || chunk.length === 0) return;
    this.#counters.bytesReceived += chunk.length;
    this.#input.push(chunk);
  }

  /** The peer will send no more: `fin` after an orderly end (what is buffered is still processed), `reset` after an error. */
  end(how: 'fin' | 'reset', now: Now): void {
    this.tick(now);
    if (this.#state === 'closed') return;
    if (how === 'fin') this.#ended = true;
    else this.#close(this.#causeOfSilentEnd() ?? 'peer-reset', { state: this.#state });
  }

  /** Does at most about one frame's work and reports it; undefined when there is nothing to do until the next input. */
  next(): ConnectionEvent<P> | undefined {
    for (;;) {
      const event = this.#events.shift();
      if (event !== undefined) return event;
      if (this.#state === 'closed' || this.paused) return undefined;
      if (this.#step()) continue;
      this.#input.compact();
      if (!this.#ended || this.paused) return undefined;
      this.#closeAfterEnd();
    }
  }

  /** True while no more bytes should be read from the peer: it is over its budget, or does not read what it is sent. */
  get paused(): boolean {
    if (this.#state === 'closed') return false;
    return this.#deadlines.isWaiting(this.#now.monotonicMs) || this.#queue.bytes > this.#limits.pauseQueuedBytes;
  }

  /**
   * Queues a plaintext frame of `encodeFrame`, which may be shared between connections and is never changed. Allowed from `ready`
   * on; does nothing on a closed connection. Throws UsageError `wrong-state` before `ready`, `invalid-frame` for a header with
   * another length.
   */
  send(frame: Uint8Array, options?: SendOptions): void {
    if (this.#state === 'closed') return;
    if (this.#state !== 'open') {
      throw new UsageError('wrong-state', 'frames can be sent after `ready`', { context: { state: this.#state } });
    }
    const length = frame.length - FRAME_HEADER_SIZE;
    if (length < 0 || (frame[3]! | (frame[4]! << 8) | (frame[5]! << 16)) !== length) {
      throw new UsageError('invalid-frame', 'the length in the header is not the length of the payload', {
        context: { size: frame.length },
      });
    }
    this.#counters.framesDropped += this.#queue.push(frame, options);
    const { bytes, frames } = this.#queue;
    if (frames > this.#limits.maxQueuedFrames || (bytes > this.#limits.maxQueuedBytes && frames > 1)) {
      this.#close('send-queue-overflow', { bytes, frames });
    }
  }

  /** One buffer with queued frames, sealed in order, at most about `limits.maxWriteBytes`; undefined if there is nothing. */
  takeBytes(): Uint8Array | undefined {
    if (!this.#writable) return undefined;
    let bytes = this.#act;
    this.#act = undefined;
    if (bytes === undefined) {
      if (this.#queue.frames === 0) return undefined;
      const frames = this.#queue.take(this.#limits.maxWriteBytes);
      this.#counters.framesSent += frames.length;
      bytes = this.#wire.writeFrames(frames);
    }
    this.#counters.bytesSent += bytes.length;
    return bytes;
  }

  /** Bytes received and not yet consumed. */
  get bufferedBytes(): number {
    return this.#input.length;
  }

  /** Bytes queued and not yet taken, before sealing. */
  get queuedBytes(): number {
    return this.#queue.bytes + (this.#act?.length ?? 0);
  }

  /** Tells whether the transport can take bytes; while it cannot, `takeBytes` gives none and the write deadline runs. */
  setWritable(writable: boolean, now: Now): void {
    this.tick(now);
    this.#writable = writable;
    if (this.#state !== 'closed') this.#deadlines.writable(writable, now.monotonicMs);
  }

  /** The role's count of open channels: governs the idle deadline and the message budget. */
  setOpenChannels(count: number): void {
    this.#budget.setOpenChannels(count);
    if (this.#state === 'open') this.#deadlines.openChannels(count, this.#now.monotonicMs);
  }

  /** Lets time pass. `push`, `end` and `setWritable` do it too. */
  tick(now: Now): void {
    if (now.monotonicMs >= this.#now.monotonicMs) this.#now = now;
    if (this.#state === 'closed') return;
    const nowMs = this.#now.monotonicMs;
    this.#budget.refill(nowMs);
    this.#deadlines.budget(this.#budget.overSinceMs);
    const due = this.#deadlines.due(nowMs);
    if (due === 'extension-timeout' && this.#goesOnWithoutAnswer()) this.#apply(this.#negotiation.conclude());
    else if (due !== undefined) this.#close(due, { state: this.#state });
  }

  /** Time (monotonic ms) of the next `tick` that will do something. */
  get deadline(): number | undefined {
    return this.#state === 'closed' ? undefined : this.#deadlines.next;
  }

  /** Ends the connection from this side. What is queued goes out first if the cause allows it. */
  close(cause: CloseCause, now?: Now, detail: CloseDetail = {}): void {
    if (now !== undefined) this.tick(now);
    this.#close(cause, detail);
  }

  #close(cause: CloseCause, detail: CloseDetail): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.#input.clear();
    if (!flushesQueue(cause)) {
      this.#queue.clear();
      this.#act = undefined;
    }
    this.#events.push({ type: 'closed', cause, detail });
  }

  /** One handshake act or one frame; false if there is not enough input, or the frame has to wait. */
  #step(): boolean {
    try {
      return this.#state === 'handshake' ? this.#readAct() : this.#readFrame();
    } catch (error) {
      this.#closeFor(error);
      return true;
    }
  }

  #readAct(): boolean {
    const result = this.#handshake!.read(this.#input, this.#now);
    if (result === undefined) return false;
    this.#handshake = undefined;
    if ('greeting' in result) {
      this.#close(result.greeting, {});
      return true;
    }
    this.#act = result.reply;
    this.#state = 'setup';
    this.#beginFrames(createNoiseWire(result.session));
    return true;
  }

  #beginFrames(wire: Wire): void {
    this.#wire = wire;
    this.#reader = new FrameReader({
      wire,
      protocol: this.protocol,
      side: this.#setup.side,
      limits: this.#limits,
      budget: this.#budget,
    });
    this.#deadlines.setup(this.#now.monotonicMs);
    this.#apply({ ...(this.#negotiation.opening && { send: this.#negotiation.opening }) });
  }

  #readFrame(): boolean {
    if (this.#wire === PLAIN_WIRE && this.#state === 'setup' && !this.#reader!.midFrame) {
      const greeting = recogniseGreeting(this.#input.peek(FRAME_HEADER_SIZE), 'frame');
      if (greeting !== undefined) {
        this.#close(greeting, {});
        return true;
      }
    }
    const result = this.#reader!.read(this.#input, this.#expects, this.#isNegotiated);
    if (result === undefined) return false;
    if ('waitMs' in result) {
      this.#deadlines.wait(this.#now.monotonicMs + result.waitMs);
      this.#deadlines.budget(this.#budget.overSinceMs);
      return false;
    }
    if ('rejection' in result) this.#apply(result);
    else this.#receive(result.frame);
    return true;
  }

  readonly #expects = (definition: MessageDefinition | undefined, extensionType: number): boolean =>
    this.#negotiation.expects(definition?.name, this.#state !== 'setup', extensionType);

  readonly #isNegotiated = (extensionType: number): boolean => this.#negotiation.extensions.has(extensionType);

  #receive({ header, definition, payload }: ReceivedFrame): void {
    this.#counters.framesReceived++;
    if (definition === undefined) this.#receiveUnknown(header, payload);
    else this.#receiveMessage(header, definition, payload);
  }

  #receiveUnknown({ extensionType, channelMessage, messageType }: FrameHeader, payload: Uint8Array): void {
    this.#counters.unknownMessages++;
    this.#concludeNegotiation();
    const isForeign =
      this.#state !== 'setup' &&
      extensionType !== 0 &&
      (channelMessage || this.#negotiation.extensions.has(extensionType));
    if (isForeign) this.#emit({ type: 'foreign', frame: { extensionType, channelMessage, messageType, payload } });
    else this.#emit({ type: 'ignored', extensionType, messageType });
  }

  #receiveMessage({ channelMessage }: FrameHeader, definition: MessageDefinition, payload: Uint8Array): void {
    if (channelMessage !== definition.channelMessage) this.#counters.wrongChannelBit++;
    const { value, rest } = definition.decodePrefix(payload);
    const tlvs = rest.length === 0 ? NO_TLVS : decodeTlvs(rest, this.#negotiation.extensions, TLV_DEFINITIONS);
    if (rest.length > 0 && tlvs.length === 0) this.#counters.unexplainedTrailingBytes++;
    const step = this.#negotiation.handle(definition.name, value);
    if (step !== undefined) {
      this.#apply(step);
      if (step.isForRole !== true) return;
    }
    this.#concludeNegotiation();
    this.#deadlines.message(this.#now.monotonicMs);
    this.#emit({ type: 'message', message: { name: definition.name, value } as MessagesByProtocol[P], tlvs });
  }

  #emit(event: ConnectionEvent<P>): void {
    if (this.#state !== 'closed') this.#events.push(event);
  }

  #apply({ send, rejection, ready, renegotiated, awaits }: NegotiationStep): void {
    const nowMs = this.#now.monotonicMs;
    if (send !== undefined) this.#queue.push(send);
    if (rejection !== undefined) this.#close(rejection.cause, rejection.detail);
    if (renegotiated) this.#deadlines.renegotiated();
    if (awaits !== undefined) {
      if (awaits !== 'renegotiation') this.#state = 'negotiating';
      this.#deadlines.negotiation(awaits, nowMs, this.#createdMs);
    }
    if (ready !== undefined) {
      this.#state = 'open';
      this.#deadlines.open(nowMs);
      this.#events.push(ready);
    }
    if (renegotiated) this.#emit({ type: 'extensions', extensions: this.#negotiation.extensions });
  }

  /** The peer goes on to something else: what was agreed so far holds, or the connection ends. */
  #concludeNegotiation(): void {
    if (this.#state === 'negotiating') this.#apply(this.#negotiation.conclude());
  }

  #goesOnWithoutAnswer(): boolean {
    const setup = this.#setup;
    const { required = [], onSilence } = (setup.side === 'client' ? setup.extensions : undefined) ?? {};
    return (onSilence ?? (required.length > 0 ? 'close' : 'proceed')) === 'proceed';
  }

  #closeFor(error: unknown) {
    const inHandshake = this.#state === 'handshake';
    if (!(error instanceof RemoteError)) return this.#close('internal-error', { error });
    const { code, message, context } = error;
    this.#close(causeOf(code, inHandshake), { code, message, ...context });
  }

  #closeAfterEnd() {
    const midFrame = this.#input.length > 0 || this.#reader?.midFrame === true;
    const cause = this.#causeOfSilentEnd() ?? (midFrame ? 'peer-closed-mid-frame' : 'peer-closed');
    this.#close(cause, { state: this.#state });
  }

  /** What it means that the peer ended the connection without a word, if it means something. */
  #causeOfSilentEnd(): CloseCause | undefined {
    if (this.#counters.bytesReceived > 0) return undefined;
    if (this.#setup.side === 'server') return 'probe';
    return this.#state === 'handshake' ? 'handshake-unanswered' : undefined;
  }
}

function causeOf(code: string, inHandshake: boolean): CloseCause {
  switch (code) {
    case 'wrong-authority':
    case 'certificate-expired':
    case 'certificate-not-yet-valid':
    case 'certificate-invalid':
    case 'nonce-exhausted':
      return code;
    case 'act-length':
      return 'handshake-failed';
    case 'decryption-failed':
      return inHandshake ? 'handshake-failed' : 'decryption-failed';
    default:
      return 'malformed-message';
  }
}
