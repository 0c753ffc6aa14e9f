import { CLOSE_CAUSES, type ClosedEvent, Connection, type ConnectionEvent } from '@stratumkit/connection';
import { type MiningMessage, PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION } from '@stratumkit/messages/common';
import { WORKER_HASHRATE_TRACKING } from '@stratumkit/messages/extensions';
import type { ConnectionId, FrameKind } from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import type { ConnectionBook } from '../invariants/connectionBook.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { SimulationContext } from './context.ts';
import type { SimUpstream } from './modules.ts';
import type { SimProcess } from './simProcess.ts';

type Ready = Extract<ConnectionEvent<'mining'>, { type: 'ready' }>;

export interface UpstreamPortOptions {
  readonly context: SimulationContext;
  readonly process: SimProcess;
  readonly random: Prng;
  /** Flags of SetupConnection. */
  readonly flags: number;
  readonly workerTracking: boolean;
  readonly onReady: (connection: ConnectionId, event: Pick<Ready, 'flags' | 'extensions'>) => void;
  /** Negotiated again. */
  readonly onExtensions: (connection: ConnectionId, extensions: ReadonlySet<number>) => void;
  readonly onMessage: (connection: ConnectionId, message: MiningMessage) => void;
  /** Also when the connection could not be made. */
  readonly onClosed: (connection: ConnectionId, reason: string) => void;
}

interface Link {
  readonly upstream: SimUpstream;
  endpoint: Endpoint<'mining'> | undefined;
  book: ConnectionBook | undefined;
}

/** Why a client may give up a connection by itself. */
const LOCAL_REASONS: ReadonlySet<string> = new Set([
  'silent-upstream',
  'silent',
  'no-work',
  'no-answer',
  'channel-refused',
  'channel-closed',
  'reconnect',
  'replaced',
  'redirected',
  'min-extranonce-size-too-large',
]);

/** The connections of a mining client to its upstreams, as its app has them. */
export class UpstreamPort {
  readonly #options: UpstreamPortOptions;
  readonly #links = new Map<ConnectionId, Link>();
  #lostMs = 0;

  constructor(options: UpstreamPortOptions) {
    this.#options = options;
  }

  /** Name of the host at the other end. */
  /** Virtual time at which a connection that had been set up was lost or let go last. */
  get lostMs(): number {
    return this.#lostMs;
  }

  hostOf(connection: ConnectionId): string | undefined {
    return this.#links.get(connection)?.upstream.host;
  }

  book(connection: ConnectionId): ConnectionBook | undefined {
    return this.#links.get(connection)?.book;
  }

  endpoint(connection: ConnectionId): Endpoint<'mining'> | undefined {
    return this.#links.get(connection)?.endpoint;
  }

  /** Of connections that are set up. */
  *books(): Generator<ConnectionBook> {
    for (const { book } of this.#links.values()) if (book !== undefined) yield book;
  }

  connect(connection: ConnectionId, upstream: SimUpstream): void {
    const { context, process, onClosed } = this.#options;
    const link: Link = { upstream, endpoint: undefined, book: undefined };
    this.#links.set(connection, link);
    const { boot } = process;
    const isWanted = (): boolean => process.isAlive && process.boot === boot && this.#links.get(connection) === link;
    context.network.connect(process.host, upstream.host, isWanted, (result) =>
      process.turn(() => {
        if ('failed' in result) {
          this.#links.delete(connection);
          onClosed(connection, result.failed);
          return;
        }
        const endpoint = new Endpoint(connection, result.side, this.#createConnection(upstream), process, (event) =>
          this.#receive(event, link, endpoint),
        );
        link.endpoint = endpoint;
        process.addEndpoint(endpoint);
        endpoint.start();
      }),
    );
  }

  send(connection: ConnectionId, frame: Uint8Array, kind: FrameKind, channelId?: number): void {
    const options = channelId === undefined ? { kind } : { kind, channelId };
    this.#links.get(connection)?.endpoint?.send(frame, options);
  }

  setOpenChannels(connection: ConnectionId, open: number): void {
    this.#links.get(connection)?.endpoint?.setOpenChannels(open);
  }

  /** The machine knows already. */
  close(connection: ConnectionId, reason: string): void {
    const link = this.#links.get(connection);
    if (link === undefined) return;
    link.endpoint?.close('role-decision', { reason });
    this.#forget(connection, link);
  }

  /** The process has died. */
  abandon(): void {
    for (const [connection, link] of this.#links) this.#forget(connection, link);
  }

  #receive(event: ConnectionEvent<'mining'>, link: Link, endpoint: Endpoint<'mining'>): void {
    const { context, process, onReady, onExtensions, onMessage, onClosed } = this.#options;
    const { observer } = context;
    const connection = endpoint.id;
    const isCurrent = this.#links.get(connection) === link;
    switch (event.type) {
      case 'ready':
        if (!isCurrent) return;
        link.book = observer.openBook(endpoint.side.wire.id, process.host, endpoint.side.peer.host);
        onReady(connection, event);
        return;
      case 'message': {
        if (!isCurrent || link.book === undefined) return;
        const { message } = event;
        observer.shares.answered(message, link.book.receive(message), link.book);
        onMessage(connection, message);
        return;
      }
      case 'extensions':
        if (isCurrent) onExtensions(connection, event.extensions);
        return;
      case 'closed':
        process.removeEndpoint(endpoint);
        this.#checkClose(event);
        if (!isCurrent) return;
        this.#forget(connection, link);
        onClosed(connection, event.cause);
        return;
      default:
        return;
    }
  }

  #forget(connection: ConnectionId, link: Link): void {
    this.#links.delete(connection);
    if (link.book === undefined) return;
    this.#options.context.observer.closeBook(link.book);
    link.book = undefined;
    this.#lostMs = this.#options.process.world.nowMs;
  }

  /** What a server sends must never make an honest client close for a fault of the server. */
  #checkClose({ cause, detail }: ClosedEvent): void {
    const { context, process } = this.#options;
    const family = CLOSE_CAUSES[cause];
    const isFault =
      family === 'limit' || family === 'refused' || (family === 'protocol' && cause !== 'peer-closed-mid-frame');
    const isViolation = cause === 'role-decision' && !LOCAL_REASONS.has(String(detail.reason));
    context.observer.invariants.check(
      'neighbours-unharmed',
      !process.host.isHonest || (!isFault && !isViolation),
      () => `${process.host.name} closed its connection: ${cause} ${JSON.stringify(detail)}`,
    );
  }

  #createConnection(upstream: SimUpstream): Connection<'mining'> {
    const { context, process, random, flags, workerTracking } = this.#options;
    return new Connection(
      {
        protocol: 'mining',
        security: context.security.initiator(random),
        setup: {
          side: 'client',
          request: {
            protocol: PROTOCOL_IDS.mining,
            minVersion: PROTOCOL_VERSION,
            maxVersion: PROTOCOL_VERSION,
            flags,
            endpointHost: upstream.host,
            endpointPort: upstream.port,
            vendor: 'stratumkit',
            hardwareVersion: 'simulated',
            firmware: 'sim',
            deviceId: '',
          },
          ...(workerTracking ? { extensions: { requested: [WORKER_HASHRATE_TRACKING] } } : {}),
        },
      },
      process.now(),
    );
  }
}
