import { CLOSE_CAUSES, type CloseCause, type ClosedEvent, type CloseFamily } from '@stratumkit/connection';
import type { World } from './core/world.ts';
import { ConnectionBook } from './invariants/connectionBook.ts';
import { Invariants } from './invariants/invariants.ts';
import { MinerBook } from './invariants/minerBook.ts';
import { ShareWatch } from './invariants/shareWatch.ts';
import { SolutionWatch } from './invariants/solutionWatch.ts';
import { SpaceWatch } from './invariants/spaceWatch.ts';
import type { Host } from './network/host.ts';
import type { ProofOfWork } from './pow/proofOfWork.ts';

/** Counts for the report that are no invariant. */
export interface Statistics {
  retargets: number;
  /** A relay works for another upstream, or for its first. */
  switches: number;
  reconnects: number;
  /** An SV1 miner on its fallback tried whether its first server is back. */
  probes: number;
  jobs: number;
  tips: number;
  /** Hashes that all devices have made, as a number of the virtual time they had work. */
  hashes: number;
  readonly closes: Record<string, number>;
}

/** Families of causes that blame the client. */
const FAULTS: ReadonlySet<CloseFamily> = new Set(['limit', 'protocol', 'refused']);
/** Of those, what a crash, a slow line or a machine that hangs can cause. */
const UNPROVOKED: ReadonlySet<CloseCause> = new Set(['peer-closed-mid-frame', 'send-queue-overflow']);

/** A proxy whose upstream has changed. */
const RELAY_REASONS = ['extranonce-space-changed', 'upstream-behind', 'channel-closed', 'channel-refused'];
/** Why a pool may dismiss a client that has done nothing wrong. */
const POOL_REASONS: ReadonlySet<string> = new Set(['no-work', 'shutting-down', 'reconnect', ...RELAY_REASONS]);

/** All that watches a simulation. The processes report to it; it changes nothing. */
export class Observer {
  readonly invariants: Invariants;
  readonly shares: ShareWatch;
  readonly solutions: SolutionWatch;
  readonly spaces: SpaceWatch;
  readonly statistics: Statistics = {
    retargets: 0,
    switches: 0,
    reconnects: 0,
    probes: 0,
    jobs: 0,
    tips: 0,
    hashes: 0,
    closes: {},
  };
  readonly #books = new Map<number, ConnectionBook>();
  readonly #minerBooks = new Map<number, MinerBook>();

  constructor(world: World, pow: ProofOfWork, hasRelays: boolean) {
    this.invariants = new Invariants(world);
    this.shares = new ShareWatch(this.invariants, hasRelays);
    this.solutions = new SolutionWatch(this.invariants);
    this.spaces = new SpaceWatch(this.invariants, pow.hash);
  }

  /** A client's connection over this wire is ready. */
  openBook(wire: number, client: Host, server: Host): ConnectionBook {
    const book = new ConnectionBook(wire, client, server, this.invariants, this.shares.givenUp);
    this.#books.set(wire, book);
    return book;
  }

  book(wire: number): ConnectionBook | undefined {
    return this.#books.get(wire);
  }

  /** The client is gone. The pool may still have something to say about it: the book is kept until that is over. */
  closeBook(book: ConnectionBook): void {
    this.shares.connectionLost(book);
  }

  /** An SV1 miner is connected over this wire. */
  openMinerBook(wire: number, isExact: boolean): MinerBook {
    const book = new MinerBook(wire, isExact);
    this.#minerBooks.set(wire, book);
    return book;
  }

  minerBook(wire: number): MinerBook | undefined {
    return this.#minerBooks.get(wire);
  }

  closeMinerBook(book: MinerBook): void {
    this.shares.minerLost(book.unanswered());
    this.#minerBooks.delete(book.wire);
  }

  /** A pool's connection to a client has ended. An honest client is never at fault, whatever others do. */
  clientClosed(wire: number, { cause, detail }: ClosedEvent, client: Host): void {
    const { closes } = this.statistics;
    closes[cause] = (closes[cause] ?? 0) + 1;
    if (!client.isHonest) return;
    const isDecision = cause === 'role-decision' && !POOL_REASONS.has(String(detail.reason));
    const isFault =
      isDecision || (FAULTS.has(CLOSE_CAUSES[cause]) && !UNPROVOKED.has(cause)) || cause === 'internal-error';
    this.invariants.check(
      'neighbours-unharmed',
      !isFault,
      () => `the connection (wire ${wire}) of ${client.name} was closed: ${cause} ${JSON.stringify(detail)}`,
    );
  }

  /** The pool has lost the wire too. */
  forgetBook(wire: number): void {
    this.#books.delete(wire);
  }
}
