import type { Now } from '@stratumkit/codec';
import type { SendOutput } from '../output.ts';
import type { Peer, ServedChannel, ServedGroup } from './peer.ts';
import type { Work } from './types.ts';

/** Whom jobs are addressed to: a group, or a channel that is in none. */
export type Receiver = ServedGroup | ServedChannel;

/** A job or tip on its way to all receivers. */
export interface Round {
  /** A tip, a job on the present tip, or the work that is announced for a tip to come. */
  readonly subject: 'tip' | 'job' | Work;
  visit(receiver: Receiver, peer: Peer, now: Now): void;
  /** What the visits since the last call want to be sent. */
  take(): SendOutput[];
}

interface Running {
  readonly round: Round;
  readonly number: number;
  readonly receivers: Iterator<readonly [Peer, Receiver]>;
}

/** Members of a group that cost as much as a receiver. */
const MEMBERS_PER_UNIT = 8;

/**
 * Rounds, one behind the other, in slices: a tip for 100,000 channels takes a second, and the event loop has to be free in between.
 * Receivers that appear while a round is on its way are none of its business: they get everything at their opening.
 */
export class Rounds {
  readonly #peers: ReadonlyMap<number, Peer>;
  readonly #slice: number;
  #running: Running[] = [];
  #lastNumber = 0;

  /** `slice`: receivers per {@link run}. */
  constructor(peers: ReadonlyMap<number, Peer>, slice: number) {
    this.#peers = peers;
    this.#slice = slice;
  }

  /** For receivers that appear now. */
  get lastNumber(): number {
    return this.#lastNumber;
  }

  /** Some receivers are still to be visited. */
  get isPending(): boolean {
    return this.#running.length > 0;
  }

  has(subject: Round['subject']): boolean {
    return this.#running.some(({ round }) => round.subject === subject);
  }

  isPendingFor(subject: Round['subject'], receiver: Receiver): boolean {
    return this.#running.some(({ round, number }) => round.subject === subject && receiver.round < number);
  }

  add(round: Round): void {
    this.#running.push({ round, number: ++this.#lastNumber, receivers: this.#receivers() });
  }

  /** Whoever was not visited yet never is. */
  drop(isSuperseded: (subject: Round['subject']) => boolean): void {
    this.#running = this.#running.filter(({ round }) => !isSuperseded(round.subject));
  }

  /** Visits the receivers of one slice. */
  run(now: Now): SendOutput[] {
    const outputs: SendOutput[] = [];
    let units = this.#slice;
    for (let first = this.#running[0]; first !== undefined && units > 0; first = this.#running[0]) {
      while (units > 0) {
        const next = first.receivers.next();
        if (next.done) {
          this.#running.shift();
          break;
        }
        const [peer, receiver] = next.value;
        if (receiver.round >= first.number) continue;
        receiver.round = first.number;
        first.round.visit(receiver, peer, now);
        units -= unitsOf(receiver);
      }
      outputs.push(...first.round.take());
    }
    return outputs;
  }

  /** Also those that appear meanwhile; those that go are not seen. */
  *#receivers(): IterableIterator<readonly [Peer, Receiver]> {
    for (const peer of this.#peers.values()) {
      if (peer.requiresWorkSelection) continue;
      for (const group of peer.groups.values()) yield [peer, group];
      for (const served of peer.channels.values()) if (served.group === undefined) yield [peer, served];
    }
  }
}

export function isGroup(receiver: Receiver): receiver is ServedGroup {
  return !('accounting' in receiver);
}

function unitsOf(receiver: Receiver): number {
  return isGroup(receiver) ? 1 + receiver.channel.members.size / MEMBERS_PER_UNIT : 1;
}
