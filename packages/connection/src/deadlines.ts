import type { Protocol } from '@stratumkit/messages';
import type { CloseCause } from './closeCause.ts';
import type { ConnectionLimits } from './limits.ts';
import type { ClientSetup, ServerSetup } from './options.ts';

/** All the times at which one connection has something to do without input. Times are monotonic ms. */
export class ConnectionDeadlines {
  readonly #limits: ConnectionLimits;
  readonly #setup: ServerSetup | ClientSetup;
  readonly #isMining: boolean;
  /** The deadline of the present state, of which there is one at most. */
  #state: { readonly atMs: number; readonly cause: CloseCause } | undefined;
  #serverSinceMs = 0;
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
    let soonest = this.#state?.atMs;
    for (const time of [this.#writeMs, this.#patienceMs, this.#waitMs]) {
      if (time !== undefined && (soonest === undefined || time < soonest)) soonest = time;
    }
    return soonest;
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

  /** The server has accepted the setup. A client that has to negotiate must do so in the time of a setup. */
  serverReady(nowMs: number): void {
    this.#serverSinceMs = nowMs;
    const { extensions } = this.#setup as ServerSetup;
    if ((extensions?.required ?? []).length > 0) {
      this.#state = { atMs: nowMs + this.#limits.setupTimeoutMs, cause: 'required-extension-missing' };
    } else {
      this.#awaitFirst();
    }
  }

  /** The client waits for the answer to RequestExtensions: twice the time the connection took (ext 0x0001, 4.3), or more. */
  clientNegotiation(nowMs: number, createdMs: number): void {
    const wait = Math.max(this.#limits.extensionTimeoutMs, 2 * (nowMs - createdMs));
    this.#state = { atMs: nowMs + wait, cause: 'extension-timeout' };
  }

  open(): void {
    this.#state = undefined;
    if (this.#setup.side === 'server') this.#awaitFirst();
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

  #awaitFirst(): void {
    const atMs = this.#serverSinceMs + this.#limits.firstChannelTimeoutMs;
    this.#state = { atMs, cause: this.#isMining ? 'first-channel-timeout' : 'first-message-timeout' };
  }

  #idle(nowMs: number): void {
    this.#state = { atMs: nowMs + this.#limits.idleTimeoutMs, cause: 'idle-timeout' };
  }
}
