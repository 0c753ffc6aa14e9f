import { type Now, RemoteError } from '@stratumkit/codec';
import { countMessages } from '../batch.ts';
import { LineSplitter } from '../lineSplitter.ts';

/** Every bound of one connection that carries lines. */
export interface LineLimits {
  readonly maxLineBytes: number;
  /** Silence allowed before the first line. */
  readonly firstLineTimeoutMs: number;
  /** Silence allowed later. */
  readonly idleTimeoutMs: number;
  /** Time the transport may stay unable to take bytes. */
  readonly writeTimeoutMs: number;
  /** Of a line that holds a batch each message counts as a line. */
  readonly linesPerSecond: number;
  /** Lines that may come at once after a silence. */
  readonly lineBurst: number;
  /** How long the peer may want more than that. */
  readonly budgetPatienceMs: number;
  readonly maxQueuedBytes: number;
}

/** Limits of a {@link LineConnection} where its options do not say. */
export const DEFAULT_LINE_LIMITS: LineLimits = {
  maxLineBytes: 65_536,
  firstLineTimeoutMs: 60_000,
  idleTimeoutMs: 1_800_000,
  writeTimeoutMs: 30_000,
  linesPerSecond: 100,
  lineBurst: 500,
  budgetPatienceMs: 30_000,
  maxQueuedBytes: 1_048_576,
};

/** Why a connection of lines ended. */
export type LineCloseCause =
  /** Connected and went without a byte. */
  | 'probe'
  | 'peer-closed'
  | 'peer-reset'
  | 'network-error'
  | 'shutdown'
  /** The owner wanted it; `reason` says why. */
  | 'role-decision'
  /** The first byte begins no JSON object: Stratum V2, HTTP, TLS. */
  | 'not-json'
  /** No TLS where TLS is spoken, or it took too long. */
  | 'tls-handshake'
  | 'line-too-long'
  | 'first-line-timeout'
  | 'idle-timeout'
  | 'write-timeout'
  | 'line-budget'
  | 'send-queue-overflow'
  | 'internal-error'
  | 'connection-limit'
  | 'address-limit'
  | 'handshake-limit'
  | 'descriptor-limit';

/** `line` is without its end, and a view: copy what is kept. */
export type LineEvent =
  | { readonly type: 'line'; readonly line: Uint8Array }
  /** The last one. */
  | { readonly type: 'closed'; readonly cause: LineCloseCause; readonly reason: string | undefined };

const FLUSHED: ReadonlySet<LineCloseCause> = new Set<LineCloseCause>(['peer-closed', 'shutdown', 'role-decision']);
/** An object, an array (which is answered with an error), or what JSON takes for space. */
const MAY_BEGIN: ReadonlySet<number> = new Set([0x7b, 0x5b, 0x20, 0x09, 0x0a, 0x0d]);

/**
 * One connection of lines, bytes in and bytes out: line length, rates, deadlines, send queue. It never throws for what a peer
 * sends; call `next` until it returns undefined after each `push`.
 */
export class LineConnection {
  readonly #limits: LineLimits;
  readonly #splitter: LineSplitter;
  #outgoing: Uint8Array[] = [];
  #queuedBytes = 0;
  #unreadBytes = 0;
  #hasBytes = false;
  #hasLine = false;
  #closed: Extract<LineEvent, { type: 'closed' }> | undefined;
  #isClosedTaken = false;
  #tokens: number;
  #nowMs: number;
  #refilledMs: number;
  #overSinceMs: number | undefined;
  #lastLineMs: number;
  #blockedSinceMs: number | undefined;
  #hasMore = false;

  constructor(now: Now, limits: Partial<LineLimits> = {}) {
    this.#limits = { ...DEFAULT_LINE_LIMITS, ...limits };
    this.#splitter = new LineSplitter({ maxLineBytes: this.#limits.maxLineBytes });
    this.#tokens = this.#limits.lineBurst;
    this.#nowMs = now.monotonicMs;
    this.#refilledMs = now.monotonicMs;
    this.#lastLineMs = now.monotonicMs;
  }

  get isClosed(): boolean {
    return this.#closed !== undefined;
  }

  /** Whether what is queued is still to be written although the connection is closed. */
  get flushes(): boolean {
    return this.#closed !== undefined && FLUSHED.has(this.#closed.cause);
  }

  /** Nothing should be read from the peer: it is over its budget, or does not take what it was sent. */
  get paused(): boolean {
    if (this.#closed !== undefined) return false;
    return (this.#hasMore && this.#tokens < 1) || this.#queuedBytes > this.#limits.maxQueuedBytes / 4;
  }

  get bufferedBytes(): number {
    return this.#unreadBytes;
  }

  /** When {@link tick} has something to do, in monotonic milliseconds. */
  get deadline(): number | undefined {
    if (this.#closed !== undefined) return undefined;
    const { firstLineTimeoutMs, idleTimeoutMs, writeTimeoutMs, budgetPatienceMs, linesPerSecond } = this.#limits;
    const times = [this.#lastLineMs + (this.#hasLine ? idleTimeoutMs : firstLineTimeoutMs)];
    if (this.#blockedSinceMs !== undefined) times.push(this.#blockedSinceMs + writeTimeoutMs);
    if (this.#overSinceMs !== undefined) times.push(this.#overSinceMs + budgetPatienceMs);
    if (this.#hasMore && this.#tokens < 1) {
      times.push(this.#refilledMs + Math.ceil(((1 - this.#tokens) / linesPerSecond) * 1_000));
    }
    return Math.min(...times);
  }

  /** The chunk is kept, not copied, until its lines are taken. */
  push(chunk: Uint8Array, now: Now): void {
    this.#refill(now);
    if (this.#closed !== undefined || chunk.length === 0) return;
    if (!this.#hasBytes) {
      this.#hasBytes = true;
      if (!MAY_BEGIN.has(chunk[0]!)) {
        this.#close('not-json');
        return;
      }
    }
    this.#splitter.push(chunk);
    this.#unreadBytes += chunk.length;
    this.#hasMore = true;
  }

  /** Call it until it returns undefined. Beyond the rate it does so although there is more: ask again at the deadline. */
  next(): LineEvent | undefined {
    if (this.#closed !== undefined) {
      if (this.#isClosedTaken) return undefined;
      this.#isClosedTaken = true;
      return this.#closed;
    }
    if (this.#tokens < 1) {
      if (this.#hasMore) this.#overSinceMs ??= this.#nowMs;
      return undefined;
    }
    let line: Uint8Array | undefined;
    try {
      line = this.#splitter.next();
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      this.#close('line-too-long');
      return this.next();
    }
    if (line === undefined) {
      this.#unreadBytes = 0;
      this.#hasMore = false;
      return undefined;
    }
    this.#tokens -= countMessages(line);
    this.#hasLine = true;
    this.#lastLineMs = this.#nowMs;
    return { type: 'line', line };
  }

  /** Queues a line, its line feed included. It is shared between connections and never changed. */
  send(line: Uint8Array): void {
    if (this.#closed !== undefined) return;
    this.#outgoing.push(line);
    this.#queuedBytes += line.length;
    if (this.#queuedBytes > this.#limits.maxQueuedBytes) this.#close('send-queue-overflow');
  }

  /** Everything queued, for one write. */
  takeBytes(): Uint8Array | undefined {
    const [first] = this.#outgoing;
    if (first === undefined || this.#blockedSinceMs !== undefined) return undefined;
    let bytes = first;
    if (this.#outgoing.length > 1) {
      bytes = new Uint8Array(this.#queuedBytes);
      let offset = 0;
      for (const line of this.#outgoing) {
        bytes.set(line, offset);
        offset += line.length;
      }
    }
    this.#outgoing = [];
    this.#queuedBytes = 0;
    return bytes;
  }

  /** Whether the transport takes more bytes now. */
  setWritable(writable: boolean, now: Now): void {
    this.#blockedSinceMs = writable ? undefined : (this.#blockedSinceMs ?? now.monotonicMs);
  }

  tick(now: Now): void {
    this.#refill(now);
    if (this.#closed !== undefined) return;
    const { firstLineTimeoutMs, idleTimeoutMs, writeTimeoutMs, budgetPatienceMs } = this.#limits;
    const silence = now.monotonicMs - this.#lastLineMs;
    if (this.#blockedSinceMs !== undefined && now.monotonicMs >= this.#blockedSinceMs + writeTimeoutMs)
      this.#close('write-timeout');
    else if (this.#overSinceMs !== undefined && now.monotonicMs >= this.#overSinceMs + budgetPatienceMs)
      this.#close('line-budget');
    else if (!this.#hasLine && silence >= firstLineTimeoutMs) this.#close('first-line-timeout');
    else if (silence >= idleTimeoutMs) this.#close('idle-timeout');
  }

  /** The peer closed its side, or the connection broke. */
  end(kind: 'fin' | 'reset'): void {
    if (kind === 'reset') this.#close('peer-reset');
    else this.#close(this.#hasBytes ? 'peer-closed' : 'probe');
  }

  /** With `shutdown` and `role-decision` what is queued still goes out. */
  close(cause: LineCloseCause, reason?: string): void {
    this.#close(cause, reason);
  }

  #close(cause: LineCloseCause, reason?: string): void {
    this.#closed ??= { type: 'closed', cause, reason };
    if (FLUSHED.has(this.#closed.cause)) return;
    this.#outgoing = [];
    this.#queuedBytes = 0;
  }

  #refill(now: Now): void {
    const { linesPerSecond, lineBurst } = this.#limits;
    this.#nowMs = now.monotonicMs;
    const elapsed = now.monotonicMs - this.#refilledMs;
    if (elapsed <= 0) return;
    this.#refilledMs = now.monotonicMs;
    this.#tokens = Math.min(lineBurst, this.#tokens + (elapsed * linesPerSecond) / 1_000);
    if (this.#tokens >= lineBurst / 2) this.#overSinceMs = undefined;
  }
}
