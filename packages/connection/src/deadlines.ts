import type { Protocol } from '@stratumkit/messages';
import type { CloseCause } from './closeCause.ts';
import type { ConnectionLimits } from './limits.ts';
import type { NegotiationStep } from './negotiation.ts';
import type { ClientSetup, ServerSetup } from './options.ts';

/** All the times at which one connection has something to do without input. Times are monotonic ms. */
export class ConnectionDeadlines {
  readonly #limits: ConnectionLimits;
  readonly #setup: ServerSetup | ClientSetup;
  readonly #isMining: boolean;
  /** The deadline of the present state, of which there is one at most. */
  #state: { readonly atMs: number; readonly cause: CloseCause } | undefined;
  #setUpMs: number | undefined;
  #writeMs: number | undefined;
  #patienceMs: number | undefined;
  #waitMs: number | undefined;
  #channels = 0;
  #hadChannel = false;

  constructor(limits: ConnectionLimits, protocol: Protocol, setup: ServerSetup | ClientSetup) {
    this.#limits = limits;
    this.#setup = setup;
    this.#isMining = protocol === 'mining';
  }

  get next(): number | undefined {
    const written = earlier(this.#state?.atMs, this.#writeMs);
    return earlier(earlier(written, this.#patienceMs), this.#waitMs);
  }

  /** What is due: a cause to close for, or `extension-timeout`, which the client's policy judges. */
  due(nowMs: number): CloseCause | undefined {
    if (this.#waitMs !== undefined && this.#waitMs <= nowMs) this.#waitMs = undefined;
    if (this.#state !== undefined && this.#state.atMs <= nowMs) {
      const { cause } = this.#state;
      this.#state = undefined;
      return cause;
    }
    if (this.#writeMs !== undefined && this.#writeMs <= nowMs) return 'write-timeout';
    if (this.#patienceMs !== undefined && this.#patienceMs <= nowMs) return 'message-budget';
    return undefined;
  }

  handshake(nowMs: number): void {
    this.#state = { atMs: nowMs + this.#limits.handshakeTimeoutMs, cause: 'handshake-timeout' };
  }

  setup(nowMs: number): void {
    this.#state = { atMs: nowMs + this.#limits.setupTimeoutMs, cause: 'setup-timeout' };
  }

  /** Setup is done and extensions are being negotiated; on a client's side, by default twice the time the connection took (0x0001, 4.3). */
  negotiation(awaits: NonNullable<NegotiationStep['awaits']>, nowMs: number, createdMs: number): void {
    switch (awaits) {
      case 'first-message':
        this.#awaitFirst(nowMs);
        return;
      case 'required-extensions':
        this.#state = { atMs: nowMs + this.#limits.setupTimeoutMs, cause: 'required-extension-missing' };
        return;
      case 'extension-answer': {
        const wait = Math.max(this.#limits.extensionTimeoutMs, this.#patience * (nowMs - createdMs));
        this.#state = { atMs: nowMs + wait, cause: 'extension-timeout' };
        return;
      }
      case 'renegotiation':
        this.#state = { atMs: nowMs + this.#limits.setupTimeoutMs, cause: 'extension-timeout' };
    }
  }

  open(nowMs: number): void {
    if (this.#setup.side === 'server') this.#awaitFirst(nowMs);
    else this.#state = undefined;
  }

  /** Extensions changed while the connection is open: a client waits for nothing else. */
  renegotiated(): void {
    if (this.#setup.side === 'client') this.#state = undefined;
  }

  /** A message of the subprotocol came. */
  message(nowMs: number): void {
    if (this.#setup.side === 'client') return;
    if (!this.#isMining) this.#state = undefined;
    else if (this.#hadChannel && this.#channels === 0) this.#idle(nowMs);
  }

  openChannels(count: number, nowMs: number): void {
    const before = this.#channels;
    this.#channels = count;
    if (this.#setup.side === 'client' || !this.#isMining) return;
    if (count > 0) {
      this.#hadChannel = true;
      this.#state = undefined;
    } else if (before > 0) this.#idle(nowMs);
  }

  writable(writable: boolean, nowMs: number): void {
    if (writable) this.#writeMs = undefined;
    else this.#writeMs ??= nowMs + this.#limits.writeTimeoutMs;
  }

  /** Since when the peer has been over its budget. */
  budget(overSinceMs: number | undefined): void {
    this.#patienceMs = overSinceMs === undefined ? undefined : overSinceMs + this.#limits.budgetPatienceMs;
  }

  /** A frame waits for the budget. */
  wait(untilMs: number): void {
    this.#waitMs = untilMs;
  }

  isWaiting(nowMs: number): boolean {
    return this.#waitMs !== undefined && this.#waitMs > nowMs;
  }

  get #patience(): number {
    return (this.#setup.side === 'client' ? this.#setup.extensions?.patience : undefined) ?? 2;
  }

  /** Counted from the end of setup, whatever is negotiated after it. */
  #awaitFirst(nowMs: number): void {
    this.#setUpMs ??= nowMs;
    const cause = this.#isMining ? 'first-channel-timeout' : 'first-message-timeout';
    this.#state = { atMs: this.#setUpMs + this.#limits.firstChannelTimeoutMs, cause };
  }

  #idle(nowMs: number): void {
    this.#state = { atMs: nowMs + this.#limits.idleTimeoutMs, cause: 'idle-timeout' };
  }
}

function earlier(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return Math.min(a, b);
}
