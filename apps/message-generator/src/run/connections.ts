import { createServer, type Server, type Socket, connect as tcpConnect } from 'node:net';
import type { ConnectionPlan, TestPlan, Timeouts } from '../format/model.ts';
import { type AnyPeer, Sv1Peer, Sv2Peer } from '../wire/peer.ts';
import type { CodecEdge, Security } from '../wire/sv2Codec.ts';
import { pause, within } from './commands.ts';
import { CheckFailure, SkipTest } from './failure.ts';

/** The role under test: where it is, or where it connects to. */
export interface Subject {
  /** Where it listens. */
  readonly address?: { readonly host: string; readonly port: number } | undefined;
  readonly security?: Exclude<Security, { readonly type: 'responder' }> | undefined;
  /** Where the tests listen for it; a port of 0 is one that the system chooses. */
  readonly listen?: { readonly host: string; readonly port: number } | undefined;
  /** How those who connect are met. */
  readonly listenSecurity?: Exclude<Security, { readonly type: 'initiator' }>;
  /** Settles, with the reason, when nobody is there any more who would connect. */
  readonly failed?: Promise<string>;
}

/** Of an authority that no role knows. */
const OTHER_AUTHORITY_SECRET_KEY = new Uint8Array(32).fill(0x5c);

/** All that the role under test is to connect to is one place. */
const TESTED = 'the role under test';

/** What the role under test connects to; undefined for a test that is not its upstream. */
export function testedServer({ connections }: TestPlan): ConnectionPlan | undefined {
  return connections.find(({ tested, role }) => tested && role === 'server');
}

export interface ConnectionsOptions {
  readonly timeouts: Timeouts;
  readonly compat: boolean;
  readonly edge: CodecEdge;
  readonly signal: AbortSignal;
  /** Where a connection really goes; the plan's address unless given. */
  mapPort(port: number): number;
  /** Stands for every peer that a connection is made to. */
  readonly peer: PeerAddress | undefined;
  readonly subject: Subject | undefined;
  onPeer(name: string, peer: AnyPeer): void;
}

/** A peer in place of the one that a file names. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
  /** Undefined leaves the file's. */
  readonly authorityPublicKey?: Uint8Array | undefined;
}

/** The connections of one test by name, and the sockets it listens on. */
export class Connections {
  readonly #options: ConnectionsOptions;
  readonly #listeners = new Map<string, Listening>();
  readonly #open = new Map<string, AnyPeer>();
  readonly #opening = new Map<string, Promise<void>>();
  readonly #peers: AnyPeer[] = [];

  constructor(options: ConnectionsOptions) {
    this.#options = options;
  }

  /** Opens it while the test goes on; that this fails is told to whoever uses it. */
  openInBackground(plan: ConnectionPlan): void {
    const opening = this.open(plan);
    opening.catch(() => undefined);
    this.#opening.set(plan.name, opening);
  }

  /** The connection as soon as it is open, if it is being opened. */
  async use(name: string): Promise<AnyPeer> {
    await this.#opening.get(name);
    return this.get(name);
  }

  get(name: string): AnyPeer {
    const peer = this.#open.get(name);
    if (peer === undefined) throw new CheckFailure(`connection "${name}" is not open`, { hard: true });
    return peer;
  }

  /** Binds, and returns the port: the one of the plan, or the one the system chose. */
  async listen(plan: ConnectionPlan): Promise<number> {
    const key = listenerOf(plan);
    const bound = this.#listeners.get(key);
    if (bound !== undefined) return bound.port;
    const listening = new Listening();
    this.#listeners.set(key, listening);
    if (!plan.tested) return listening.bind(plan.ip, this.#options.mapPort(plan.port));
    const { listen } = this.#options.subject ?? {};
    if (listen === undefined) throw new SkipTest('needs the role to connect to it: --start or --listen');
    return listening.bind(listen.host, listen.port);
  }

  /** Throws CheckFailure that points at the connection. */
  async open(given: ConnectionPlan): Promise<void> {
    try {
      await this.#connectAndShakeHands(given);
    } catch (error) {
      throw error instanceof CheckFailure ? error.at(given) : error;
    }
  }

  async #connectAndShakeHands(given: ConnectionPlan): Promise<void> {
    const { timeouts, signal } = this.#options;
    const plan = this.#toPeer(given);
    const socket = plan.role === 'client' ? await this.#connect(plan) : await this.#accept(plan);
    const peer: AnyPeer =
      plan.protocol === 'sv1' ? new Sv1Peer(socket) : new Sv2Peer(socket, this.#securityOf(plan), this.#options.edge);
    this.#peers.push(peer);
    this.#open.set(plan.name, peer);
    this.#options.onPeer(plan.name, peer);
    try {
      await within(peer.ready, timeouts.connectMs, signal, `${addressOf(plan)}: no end of the handshake`);
    } catch (error) {
      if (error instanceof CheckFailure || signal.aborted) throw error;
      throw new CheckFailure(`${addressOf(plan)}: the handshake failed: ${(error as Error).message}`, { hard: true });
    }
  }

  #securityOf(plan: ConnectionPlan): Security {
    const { subject } = this.#options;
    if (plan.plain) return { type: 'plain' };
    if (!plan.tested || subject === undefined) return securityOf(plan);
    if (plan.role === 'client') return subject.security ?? { type: 'plain' };
    const own = subject.listenSecurity ?? { type: 'plain' };
    return own.type === 'responder' && plan.otherAuthority
      ? { ...own, authoritySecretKey: OTHER_AUTHORITY_SECRET_KEY }
      : own;
  }

  #addressOf(plan: ConnectionPlan): { readonly host: string; readonly port: number } {
    const { subject } = this.#options;
    if (!plan.tested) return { host: plan.ip, port: plan.port };
    if (subject?.address === undefined) throw new SkipTest('needs to connect to the role: --address');
    return subject.address;
  }

  close(): void {
    for (const peer of this.#peers) peer.destroy();
    for (const listening of this.#listeners.values()) listening.close();
  }

  #toPeer(plan: ConnectionPlan): ConnectionPlan {
    const { peer, mapPort } = this.#options;
    if (plan.role === 'server' || plan.tested) return plan;
    if (peer === undefined) return { ...plan, port: mapPort(plan.port) };
    const { host, port, authorityPublicKey = plan.authorityPublicKey } = peer;
    return { ...plan, ip: host, port, ...(plan.protocol === 'sv2' ? { authorityPublicKey } : {}) };
  }

  async #connect(plan: ConnectionPlan): Promise<Socket> {
    const { timeouts, signal } = this.#options;
    const { host, port } = this.#addressOf(plan);
    const started = performance.now();
    for (;;) {
      signal.throwIfAborted();
      const left = timeouts.connectMs === undefined ? undefined : timeouts.connectMs - (performance.now() - started);
      const outcome = await connectOnce(host, port, left, signal);
      if (typeof outcome !== 'string') return outcome;
      const { retryMs, connectMs } = timeouts;
      const over = connectMs !== undefined && performance.now() - started + (retryMs ?? 0) >= connectMs;
      if (retryMs === undefined || over) {
        throw new CheckFailure(`cannot connect to ${shown(host, port)}: ${outcome}`, { hard: true });
      }
      await pause(retryMs, signal);
    }
  }

  /** Never settles for a role that is there. */
  async #failureOf({ tested }: ConnectionPlan): Promise<never> {
    const { failed } = this.#options.subject ?? {};
    if (!tested || failed === undefined) return new Promise(() => undefined);
    throw new CheckFailure(await failed, { hard: true });
  }

  async #accept(plan: ConnectionPlan): Promise<Socket> {
    const { timeouts, signal, compat } = this.#options;
    if (!this.#listeners.has(listenerOf(plan))) await this.listen(plan);
    const listening = this.#listeners.get(listenerOf(plan));
    if (listening === undefined) throw new CheckFailure(`${plan.name} does not listen`, { hard: true });
    const socket = await within(
      Promise.race([listening.next(), this.#failureOf(plan)]),
      timeouts.acceptMs,
      signal,
      `nobody connected to ${addressOf(plan)}`,
    );
    // The original accepts one connection.
    if (compat) listening.close();
    return socket;
  }
}

/** Sockets accepted, for whoever asks. Their bytes wait in the system until a peer listens for them. */
class Listening {
  readonly #server: Server;
  readonly #sockets: Socket[] = [];
  #wake: (() => void) | undefined;
  port = 0;

  constructor() {
    this.#server = createServer({ pauseOnConnect: true }, (socket) => {
      socket.on('error', () => undefined);
      this.#sockets.push(socket);
      this.#wake?.();
    });
  }

  async bind(host: string, port: number): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(new CheckFailure(`cannot listen on ${host}:${port}: ${error.code ?? error.message}`, { hard: true })),
      );
      this.#server.listen(port, host, resolve);
    });
    const address = this.#server.address();
    this.port = typeof address === 'object' && address !== null ? address.port : port;
    return this.port;
  }

  async next(): Promise<Socket> {
    for (;;) {
      const socket = this.#sockets.shift();
      if (socket !== undefined) return socket;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  close(): void {
    this.#server.close();
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }
}

function connectOnce(
  host: string,
  port: number,
  timeoutMs: number | undefined,
  signal: AbortSignal,
): Promise<Socket | string> {
  return new Promise((resolve) => {
    const socket = tcpConnect({ host, port });
    let timer: NodeJS.Timeout | undefined;
    const finish = (outcome: Socket | string) => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.removeListener('error', failed);
      if (typeof outcome === 'string') socket.destroy();
      resolve(outcome);
    };
    const abort = () => finish('aborted');
    const failed = (error: NodeJS.ErrnoException) => finish(error.code ?? error.message);
    if (timeoutMs !== undefined) timer = setTimeout(() => finish('no answer'), Math.max(timeoutMs, 1));
    signal.addEventListener('abort', abort, { once: true });
    socket.once('connect', () => finish(socket));
    socket.on('error', failed);
    socket.on('error', () => undefined);
  });
}

function securityOf(plan: ConnectionPlan): Security {
  const { authorityPublicKey, authoritySecretKey } = plan;
  if (authoritySecretKey !== undefined) return { type: 'responder', authoritySecretKey };
  if (authorityPublicKey !== undefined) return { type: 'initiator', authorityPublicKey };
  return { type: 'plain' };
}

function listenerOf({ name, tested }: ConnectionPlan): string {
  return tested ? TESTED : name;
}

function addressOf({ ip, port, tested }: ConnectionPlan): string {
  return tested ? TESTED : shown(ip, port);
}

function shown(host: string, port: number): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
