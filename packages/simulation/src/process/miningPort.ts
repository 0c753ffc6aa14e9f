import {
  Connection,
  type ConnectionEvent,
  ConnectionGate,
  type ConnectionLimits,
  type ServerSetup,
} from '@stratumkit/connection';
import type { TlvField } from '@stratumkit/framing';
import { FRAME_HEADER_SIZE } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import {
  OpenExtendedMiningChannelSuccess,
  OpenStandardMiningChannelSuccess,
  SetExtranoncePrefix,
  SetNewPrevHash,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import type { ConnectionId, SendOutput } from '@stratumkit/roles';
import type { Prng } from '../core/prng.ts';
import type { ConnectionBook } from '../invariants/connectionBook.ts';
import { type HashKey, hashKey } from '../invariants/keys.ts';
import type { ServerView } from '../invariants/serverBook.ts';
import { TELL_MS } from '../invariants/tipWatch.ts';
import { Endpoint } from '../network/endpoint.ts';
import type { Incoming } from '../network/host.ts';
import type { SimulationContext } from './context.ts';
import type { SimProcess } from './simProcess.ts';

const PLACING_MESSAGES = new Map<number, (payload: Uint8Array) => { readonly channelId: number }>(
  [OpenStandardMiningChannelSuccess, OpenExtendedMiningChannelSuccess, SetExtranoncePrefix].map((definition) => [
    definition.messageType,
    (payload) => definition.decode(payload),
  ]),
);

/** What a mining server is told of its clients. */
export type MiningPortInput =
  | {
      readonly type: 'connected';
      readonly connection: ConnectionId;
      readonly setup: SetupConnection;
      readonly grantedFlags: number;
      readonly extensions: ReadonlySet<number>;
    }
  | {
      readonly type: 'message';
      readonly connection: ConnectionId;
      readonly message: MiningMessage;
      readonly tlvs: readonly TlvField[];
    }
  | { readonly type: 'extensions'; readonly connection: ConnectionId; readonly extensions: ReadonlySet<number> }
  | { readonly type: 'disconnected'; readonly connection: ConnectionId };

export interface MiningPortOptions {
  readonly context: SimulationContext;
  readonly process: SimProcess;
  readonly random: Prng;
  readonly limits: Partial<ConnectionLimits>;
  readonly setup: ServerSetup;
  /** What the server mines on now. */
  readonly tip: () => HashKey;
  /** Whether it may tell of a tip; only of that one if absent. */
  readonly isTold?: (tip: HashKey) => boolean;
  /** When its work began to come from where it comes from now; nothing found before is worth anything. */
  readonly switchedMs?: () => number;
  /** Each channel has one upstream: after a switch it moves when that is open, and has none if the former upstream goes before. */
  readonly movesChannels?: boolean;
  readonly handle: (input: MiningPortInput) => void;
}

/** A channel was opened, or has got another prefix. */
interface Placing {
  readonly atMs: number;
  /** To the connection, before that. */
  readonly tipsTold: number;
}

/** The listening side of a pool or proxy, as their apps have it: gate, connections, and an eye on what goes out. */
export class MiningPort {
  readonly gate: ConnectionGate;
  readonly #options: MiningPortOptions;
  readonly #clients = new Map<ConnectionId, Endpoint<'mining'>>();
  readonly #channels = new Map<ConnectionId, number>();
  /** How often each connection was told a tip. */
  readonly #tipsTold = new Map<ConnectionId, number>();
  /** By connection, by channel. */
  readonly #placings = new Map<ConnectionId, Map<number, Placing>>();
  /** Connections that have to be told of the tip. */
  #waiting = new Set<ConnectionId>();
  #nextConnection = 1;
  #open = 0;

  constructor(options: MiningPortOptions) {
    this.#options = options;
    this.gate = new ConnectionGate({ maxConnections: options.context.settings.maxConnections });
  }

  /** Connections that are set up. */
  get clients(): ReadonlyMap<ConnectionId, Endpoint<'mining'>> {
    return this.#clients;
  }

  /** Open channels by connection. */
  get channels(): ReadonlyMap<ConnectionId, number> {
    return this.#channels;
  }

  /** Connections, set up or not. */
  get open(): number {
    return this.#open;
  }

  book(connection: ConnectionId): ConnectionBook | undefined {
    const endpoint = this.#clients.get(connection);
    return endpoint === undefined ? undefined : this.#options.context.observer.book(endpoint.side.wire.id);
  }

  view(connection: ConnectionId, channelId: number): ServerView {
    const openChannels = this.#channels.get(connection) ?? 0;
    const { tip } = this.#options;
    const tipsTold = this.#tipsTold.get(connection) ?? 0;
    const switchedMs = this.#options.switchedMs?.() ?? 0;
    const placing = this.#placings.get(connection)?.get(channelId);
    const isMoving =
      this.#options.movesChannels === true &&
      placing !== undefined &&
      (placing.atMs < switchedMs || placing.tipsTold === tipsTold);
    return { tip: tip(), switchedMs, openChannels, tipsTold, isMoving };
  }

  /** Whether some channel of the connection may not have been told of the present tip. */
  mayBeUntold(connection: ConnectionId): boolean {
    return this.#waiting.has(connection) || (this.#channels.get(connection) ?? 0) > 1;
  }

  accept({ side, from }: Incoming): void {
    const { context, process, random, limits, setup } = this.#options;
    const permit = this.gate.admit(from.address);
    if (!permit.admitted) {
      side.abandon(true);
      return;
    }
    const connection = new Connection<'mining'>(
      { protocol: 'mining', security: context.security.responder(random), setup, limits },
      process.now(),
    );
    const endpoint = new Endpoint(this.#nextConnection++, side, connection, process, (event, from) => {
      if (event.type === 'ready') permit.established();
      else if (event.type === 'closed') permit.release();
      this.#receive(event, from);
    });
    this.#open++;
    process.addEndpoint(endpoint);
    endpoint.start();
  }

  send(output: SendOutput): void {
    const { frame, kind, channelId } = output;
    this.#watch(output);
    const options = channelId === undefined ? { kind } : { kind, channelId };
    for (const connection of output.to) this.#clients.get(connection)?.send(frame, options);
  }

  close(connection: ConnectionId, reason: string): void {
    this.#clients.get(connection)?.close('role-decision', { reason });
  }

  setOpenChannels(connection: ConnectionId, open: number): void {
    this.#channels.set(connection, open);
    this.#clients.get(connection)?.setOpenChannels(open);
  }

  /** The server has learnt of another tip: whoever has a channel now, and still has one after a while, must have been told. */
  tipChanged(): void {
    const { process, tip } = this.#options;
    this.#waiting = new Set([...this.#channels].filter(([, open]) => open > 0).map(([connection]) => connection));
    const changed = tip();
    process.later(TELL_MS, () => this.#checkTold(changed));
  }

  /** The process has died. */
  abandon(): void {
    for (const endpoint of this.#clients.values()) this.#options.context.observer.forgetBook(endpoint.side.wire.id);
  }

  #receive(event: ConnectionEvent<'mining'>, endpoint: Endpoint<'mining'>): void {
    const { handle, context, process } = this.#options;
    const { observer } = context;
    const { id: connection } = endpoint;
    switch (event.type) {
      case 'ready':
        this.#clients.set(connection, endpoint);
        handle({
          type: 'connected',
          connection,
          setup: event.setup,
          grantedFlags: event.flags,
          extensions: event.extensions,
        });
        return;
      case 'message':
        handle({ type: 'message', connection, message: event.message, tlvs: event.tlvs });
        return;
      case 'extensions':
        handle({ type: 'extensions', connection, extensions: event.extensions });
        return;
      case 'closed':
        this.#open--;
        process.removeEndpoint(endpoint);
        observer.clientClosed(endpoint.side.wire.id, event, endpoint.side.peer.host);
        if (!this.#clients.delete(connection)) return;
        this.#channels.delete(connection);
        this.#tipsTold.delete(connection);
        this.#placings.delete(connection);
        handle({ type: 'disconnected', connection });
        observer.shares.serverLostConnection(process.host.index, connection);
        observer.forgetBook(endpoint.side.wire.id);
        return;
      case 'foreign':
      case 'ignored':
        return;
    }
  }

  /** What goes out is checked against what came in, not against what the machine thinks. */
  #watch({ frame, kind, to }: SendOutput): void {
    const { context, process, tip, isTold } = this.#options;
    const { observer } = context;
    if (kind === 'prevHash') {
      const told = hashKey(SetNewPrevHash.decode(frame.subarray(FRAME_HEADER_SIZE)).prevHash);
      const isCurrent = told === tip() || isTold?.(told) === true;
      observer.invariants.check(
        'no-stale-jobs',
        isCurrent,
        () => `${process.host.name} sends SetNewPrevHash for a tip that is not the present one`,
      );
      for (const connection of to) {
        this.#waiting.delete(connection);
        this.#tipsTold.set(connection, (this.#tipsTold.get(connection) ?? 0) + 1);
      }
    } else if (this.#options.movesChannels === true && PLACING_MESSAGES.has(frame[2]!)) {
      const payload = frame.subarray(FRAME_HEADER_SIZE);
      this.#place(to, PLACING_MESSAGES.get(frame[2]!)!(payload).channelId);
    } else if (kind === 'acknowledgement' && frame[2] === SubmitSharesSuccess.messageType) {
      const { channelId, newSubmitsAcceptedCount } = SubmitSharesSuccess.decode(frame.subarray(FRAME_HEADER_SIZE));
      for (const connection of to)
        observer.shares.acknowledging(process.host.index, connection, channelId, newSubmitsAcceptedCount);
    }
  }

  #place(to: readonly ConnectionId[], channelId: number): void {
    const atMs = this.#options.process.world.nowMs;
    for (const connection of to) {
      const placings = this.#placings.get(connection) ?? new Map<number, Placing>();
      placings.set(channelId, { atMs, tipsTold: this.#tipsTold.get(connection) ?? 0 });
      this.#placings.set(connection, placings);
    }
  }

  #checkTold(changed: HashKey): void {
    const { context, process, tip } = this.#options;
    if (tip() !== changed) return;
    for (const connection of this.#waiting) {
      const isOpen = (this.#channels.get(connection) ?? 0) > 0 && this.#clients.has(connection);
      context.observer.invariants.check(
        'no-stale-jobs',
        !isOpen,
        () => `${process.host.name} never told connection ${connection} of the new tip`,
      );
    }
  }
}
