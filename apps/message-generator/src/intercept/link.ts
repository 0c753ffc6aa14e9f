import { connect, type Socket } from 'node:net';
import type { JsonObject, JsonValue } from '@stratumkit/codec';
import type { ManualHeader } from '../format/model.ts';
import { isObject } from '../format/reader.ts';
import { bytesOf } from '../run/sending.ts';
import { evaluate, type Scope } from '../values/evaluate.ts';
import { type DecodedFrame, decodeFrame } from '../wire/decode.ts';
import type { CodecEdge } from '../wire/sv2Codec.ts';
import { RuleBook } from './ruleBook.ts';
import type { Effect, Heading, MadeMessage, Rule } from './script.ts';
import { frameSide, type Intercepted, lineSide, type SideCodec, sniff, writeTo } from './side.ts';

export interface LinkOptions {
  readonly number: number;
  readonly rules: readonly Rule[];
  readonly scope: Scope;
  readonly edge: CodecEdge;
  readonly upstream: { readonly host: string; readonly port: number };
  readonly upstreamKey: Uint8Array | 'unverified';
  readonly authoritySecretKey: Uint8Array;
  readonly faults: LinkFaults;
  onMessage(message: Intercepted, to: Heading, effect: Effect | undefined): void;
  onProtocol(protocol: 'sv1' | 'sv2', encrypted: boolean): void;
  onEvent(text: string): void;
  /** The address that the upstream's name stands for. */
  onUpstream(address: string): void;
  /** One end closed the connection first, or neither: it was closed here. */
  onClosed(by: Heading | undefined): void;
  /** A rule or a fault has it that everything ends. */
  onCrash(): void;
}

/** What an interceptor does that a faithful one would not; for standing in for a peer that is wrong. */
export interface LinkFaults {
  /** What is spoken downstream, whatever its first bytes look like. */
  readonly speaks?: 'sv1' | 'plain' | undefined;
  /** What connects is not encrypted upstream, whatever it is downstream. */
  readonly plainUpstream?: boolean;
  /** Whether those who speak without encryption are turned away. */
  readonly refusesPlain?: boolean;
  /** When the upstream closes, the downstream connection stays open. */
  readonly keepsOpen?: boolean;
  /** What cannot be decrypted or split into frames does not end the connection. */
  readonly ignoresDamage?: boolean;
  /** A frame that arrives in pieces ends the connection. */
  readonly wholeFramesOnly?: boolean;
  /** A header that claims more bytes than this is the end of everything. */
  readonly crashesAbove?: number;
  /** So are this many connections that ended without a byte. */
  readonly crashesAfterSilent?: number;
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
  #early = new Uint8Array(0);
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
    const joined = new Uint8Array(this.#early.length + chunk.length);
    joined.set(this.#early);
    joined.set(chunk, this.#early.length);
    this.#early = joined;
    const { faults } = this.#options;
    const kind = faults.speaks ?? sniff(joined);
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
    const early = this.#early;
    this.#early = new Uint8Array(0);
    this.#down.emit('data', early);
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

/** One direction. Messages leave in the order in which they came, unless a rule says otherwise. */
class Lane {
  readonly #to: Heading;
  readonly #socket: Socket;
  readonly #codec: SideCodec;
  readonly #options: LinkOptions;
  readonly #book: RuleBook;
  readonly #hangUp: (how: 'fin' | 'reset') => void;
  /** Held back by `reorder`. */
  readonly #held: { readonly message: Intercepted; left: number }[] = [];
  readonly #answer: (message: Intercepted) => void;
  #queue: Promise<void>;
  #open: () => void = () => undefined;
  waiting = 0;
  isOpen = false;

  constructor(
    to: Heading,
    socket: Socket,
    codec: SideCodec,
    options: LinkOptions,
    book: RuleBook,
    hangUp: (how: 'fin' | 'reset') => void,
    answer: (message: Intercepted) => void,
  ) {
    this.#to = to;
    this.#socket = socket;
    this.#codec = codec;
    this.#options = options;
    this.#book = book;
    this.#hangUp = hangUp;
    this.#answer = answer;
    this.#queue = new Promise((resolve) => {
      this.#open = resolve;
    });
  }

  /** The side this leads to can be written to. */
  open(): void {
    this.isOpen = true;
    this.#open();
  }

  take(message: Intercepted): void {
    const effect = this.#book.effectOn(message, this.#to);
    this.#options.onMessage(message, this.#to, effect);
    // What a rule makes is made now, of what is known now.
    let passing: Passing;
    try {
      passing = passingOf(message, effect, this.#options.scope);
    } catch (error) {
      this.#options.onEvent((error as Error).message);
      passing = { before: [], message, after: [], back: [] };
    }
    this.#book.passed(message);
    this.waiting++;
    this.#queue = this.#queue
      .then(() => this.#apply(passing, effect))
      .catch((error: unknown) => this.#options.onEvent((error as Error).message))
      .finally(() => {
        this.waiting--;
      });
  }

  /** A message of our own, behind those that wait. */
  put(message: Intercepted): void {
    this.#queue = this.#queue
      .then(() => this.#send(message))
      .catch((error: unknown) => this.#options.onEvent((error as Error).message));
  }

  drained(): Promise<void> {
    return this.#queue;
  }

  /** Sends all that waits, held messages too. */
  async finish(): Promise<void> {
    await this.#queue;
    for (const { message } of this.#held.splice(0)) await this.#send(message);
  }

  async #apply({ before, message, after, back }: Passing, effect: Effect | undefined): Promise<void> {
    for (const made of back) this.#answer(made);
    for (const made of before) await this.#send(made);
    if (message !== undefined) await this.#carryOut(message, effect);
    for (const made of after) await this.#send(made);
  }

  async #carryOut(message: Intercepted, effect: Effect | undefined): Promise<void> {
    switch (effect?.kind) {
      case 'crash':
        this.#options.onCrash();
        return;
      case 'close':
        this.#hangUp(effect.how);
        return;
      case 'reorder':
        this.#held.push({ message, left: effect.by });
        return;
      case 'delay':
        await new Promise((resolve) => setTimeout(resolve, effect.ms));
        break;
      case 'duplicate':
        for (let copy = 0; copy < effect.times; copy++) await this.#send(message);
        break;
      case 'corrupt':
        return this.#pass(corrupted(message, effect), effect);
    }
    return this.#pass(message);
  }

  async #pass(message: Intercepted, effect?: Extract<Effect, { kind: 'corrupt' }>): Promise<void> {
    await this.#send(message, effect?.sealed === true ? effect.offsets : []);
    for (const held of this.#held) held.left--;
    while (this.#held[0] !== undefined && this.#held[0].left <= 0) {
      const next = this.#held.shift();
      if (next !== undefined) await this.#send(next.message);
    }
  }

  #send(message: Intercepted, flipped: readonly number[] = []): Promise<void> {
    const bytes = this.#codec.encode(message);
    for (const offset of flipped) if (offset < bytes.length) bytes[offset]! ^= 1;
    return writeTo(this.#socket, bytes);
  }
}

/** What becomes of a message: what goes on in its place and around it, and what goes back. */
interface Passing {
  readonly before: readonly Intercepted[];
  readonly message: Intercepted | undefined;
  readonly after: readonly Intercepted[];
  readonly back: readonly Intercepted[];
}

function passingOf(message: Intercepted, effect: Effect | undefined, scope: Scope): Passing {
  const make = (list: readonly MadeMessage[]) => list.map((made) => madeOf(made, message, scope));
  const plain = { before: [], message, after: [], back: [] };
  switch (effect?.kind) {
    case 'drop':
      return { ...plain, message: undefined };
    case 'replace':
      return { ...plain, message: replaced(message, effect, scope) };
    case 'header':
      return { ...plain, message: withHeader(message, effect.header) };
    case 'become':
      return { ...plain, message: undefined, after: make(effect.messages) };
    case 'answer':
      return { ...plain, message: undefined, back: make(effect.messages) };
    case 'insert':
      return { ...plain, before: make(effect.before), after: make(effect.after) };
    default:
      return plain;
  }
}

function corrupted(message: Intercepted, { offsets, sealed }: Extract<Effect, { kind: 'corrupt' }>): Intercepted {
  if (sealed) return message;
  if ('frame' in message) {
    const payload = message.frame.payload.slice();
    for (const offset of offsets) if (offset < payload.length) payload[offset]! ^= 1;
    return { ...message, frame: { ...message.frame, payload } };
  }
  const bytes = new TextEncoder().encode(message.text);
  for (const offset of offsets) if (offset < bytes.length) bytes[offset]! ^= 1;
  return { ...message, text: new TextDecoder().decode(bytes) };
}

function replaced(message: Intercepted, effect: Extract<Effect, { kind: 'replace' }>, scope: Scope): Intercepted {
  if ('frame' in message) return replacedFrame(message, effect, scope);
  if (!isObject(message.json)) return message;
  const json = structuredClone(message.json) as Record<string, unknown>;
  for (const [pointer, value] of effect.fields) setPointer(json, pointer, evaluate(value, scope));
  return { ...message, json: json as JsonObject, text: JSON.stringify(json) };
}

function replacedFrame(
  message: DecodedFrame,
  { fields, payload }: Extract<Effect, { kind: 'replace' }>,
  scope: Scope,
): DecodedFrame {
  if (payload !== undefined) return decodeFrame({ ...message.frame, payload: bytesOf(payload, scope) });
  const { definition, json } = message;
  if (definition === undefined || json === undefined) return message;
  const changes = fields.map(([name, value]) => {
    const key = Object.entries(definition.specNames).find(([, specName]) => specName === name)?.[0] ?? '';
    return [name, evaluate(value, scope, definition.fields[key])] as const;
  });
  const encoded = definition.encode(definition.fromJson({ ...json, ...Object.fromEntries(changes) }));
  // Fields of extensions stay behind.
  const whole = new Uint8Array(encoded.length + message.rest.length);
  whole.set(encoded);
  whole.set(message.rest, encoded.length);
  return decodeFrame({ ...message.frame, payload: whole });
}

/** A message that a rule makes: fields that it does not give are those of the message that it met. */
function madeOf({ definition, fields }: MadeMessage, message: Intercepted, scope: Scope): DecodedFrame {
  const given = 'frame' in message ? (message.json ?? {}) : {};
  const json: Record<string, JsonValue> = {};
  for (const [key, name] of Object.entries(definition.specNames)) {
    const value = fields[name];
    json[name] = value === undefined ? (given[name] ?? 0) : evaluate(value, scope, definition.fields[key]);
  }
  const { messageType, extensionType, channelMessage } = definition;
  const payload = definition.encode(definition.fromJson(json));
  return decodeFrame({ messageType, extensionType, channelMessage, payload });
}

function withHeader(message: Intercepted, header: Partial<ManualHeader>): Intercepted {
  return 'frame' in message ? decodeFrame({ ...message.frame, ...header }) : message;
}

function setPointer(json: Record<string, unknown>, pointer: string, value: unknown): void {
  const path = pointer.split('/').slice(1);
  const last = path.pop();
  let at: unknown = json;
  for (const key of path) at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  if (typeof at !== 'object' || at === null || last === undefined) return;
  Object.defineProperty(at, last, { value, enumerable: true, configurable: true, writable: true });
}
