import { TRACE, type World } from '../core/world.ts';
import { Host, type LineConditions } from './host.ts';
import { Wire, type WireSide } from './wire.ts';

/** Time after which an unanswered connection attempt is given up, as in the transport. */
const CONNECT_TIMEOUT_MS = 10_000;

export type ConnectResult = { readonly side: WireSide } | { readonly failed: 'connect-failed' | 'connect-timeout' };

/** All hosts and what lies between them. */
export class Network {
  readonly #world: World;
  readonly #hosts = new Map<string, Host>();
  /** Hosts that are cut off, with the cuts they belong to. Only hosts of the same cuts reach each other. */
  readonly #cutOff = new Map<Host, Set<number>>();
  #wires = 0;

  constructor(world: World) {
    this.#world = world;
  }

  addHost(name: string, line: LineConditions): Host {
    const host = new Host(name, this.#hosts.size + 1, line);
    this.#hosts.set(name, host);
    return host;
  }

  host(name: string): Host | undefined {
    return this.#hosts.get(name);
  }

  /** Wires made so far. */
  get wires(): number {
    return this.#wires;
  }

  /** Cuts a group of hosts off from all others. */
  cut(hosts: Iterable<Host>, cut: number): void {
    for (const host of hosts) this.#cutOff.set(host, new Set(this.#cutOff.get(host)).add(cut));
  }

  heal(cut: number): void {
    const hosts = [...this.#cutOff].filter(([, cuts]) => cuts.delete(cut)).map(([host]) => host);
    for (const host of hosts) if (this.#cutOff.get(host)?.size === 0) this.#cutOff.delete(host);
    for (const host of hosts) for (const wire of host.wires) wire.release();
  }

  readonly isCut = (a: Host, b: Host): boolean => {
    if (this.#cutOff.size === 0) return false;
    const [ofA, ofB] = [this.#cutOff.get(a), this.#cutOff.get(b)];
    return ofA?.size !== ofB?.size || (ofA !== undefined && [...ofA].some((cut) => ofB?.has(cut) !== true));
  };

  /** Like a socket's connect: the answer comes after a round trip, or not at all. `isWanted` false throws the socket away. */
  connect(from: Host, to: string, isWanted: () => boolean, done: (result: ConnectResult) => void): void {
    const world = this.#world;
    const target = this.#hosts.get(to);
    const startedMs = world.nowMs;
    const random = world.random(`wire:${this.#wires}`);
    const id = this.#wires++;
    world.note(TRACE.connect, from.index, target?.index ?? 0);
    const oneWayMs = (): number =>
      from.line.latencyMs +
      (target?.line.latencyMs ?? 0) +
      (from.line.jitterMs + (target?.line.jitterMs ?? 0)) * random.fraction();
    const timeOut = (): void => {
      world.at(startedMs + CONNECT_TIMEOUT_MS, () => {
        if (isWanted()) done({ failed: 'connect-timeout' });
      });
    };
    world.after(oneWayMs(), () => {
      if (!isWanted()) return;
      if (target === undefined || !target.powered || this.isCut(from, target)) {
        timeOut();
        return;
      }
      const { accept } = target;
      if (accept === undefined) {
        world.after(oneWayMs(), () => {
          if (isWanted()) done({ failed: 'connect-failed' });
        });
        return;
      }
      const wire = new Wire(world, random, from, target, id, this.isCut);
      accept({ side: wire.b, from });
      world.after(oneWayMs(), () => {
        if (!isWanted()) {
          wire.a.abandon(true);
          return;
        }
        if (this.isCut(from, target)) {
          wire.a.abandon(false);
          timeOut();
          return;
        }
        done({ side: wire.a });
      });
    });
  }
}
