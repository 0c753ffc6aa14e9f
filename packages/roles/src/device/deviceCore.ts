import type { Now } from '@stratumkit/codec';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { ConnectionId } from '../output.ts';
import { DeviceLink } from './deviceLink.ts';
import type { DeviceCoreOptions, DeviceInput, DeviceOutput } from './deviceTypes.ts';
import type { SearchChunk } from './searchCursor.ts';

/**
 * One or many simulated mining devices: connects, opens a channel per device, says what to search, and submits what is found.
 * The hashing itself is the owner's: it takes chunks with {@link take} and reports nonces with the input `found`.
 */
export class DeviceCore<Upstream extends Endpoint = Endpoint> {
  readonly #links: readonly DeviceLink<Upstream>[];
  readonly #linkOfDevice: readonly DeviceLink<Upstream>[];
  readonly #linkOfConnection = new Map<ConnectionId, DeviceLink<Upstream>>();
  #nextConnection = 1;

  constructor(options: DeviceCoreOptions<Upstream>) {
    const newConnection = (): ConnectionId => this.#nextConnection++;
    const all = new Map(options.devices.entries());
    const groups = options.connections === 'shared' ? [all] : [...all].map((entry) => new Map([entry]));
    this.#links = groups.map((group) => new DeviceLink(options, group, newConnection));
    this.#linkOfDevice = options.devices.map((_, index) => this.#links[options.connections === 'shared' ? 0 : index]!);
  }

  get deadline(): number | undefined {
    let earliest: number | undefined;
    for (const { deadline } of this.#links) {
      if (deadline !== undefined && (earliest === undefined || deadline < earliest)) earliest = deadline;
    }
    return earliest;
  }

  /** The next nonces for a device to try; undefined while it has nothing to do. */
  take(device: number, count: number, now: Now): SearchChunk | undefined {
    return this.#linkOfDevice[device]?.take(device, count, now);
  }

  handle(input: DeviceInput, now: Now): readonly DeviceOutput<Upstream>[] {
    switch (input.type) {
      case 'start':
        return this.#links.flatMap((link) => this.#run(link, () => link.start(now)));
      case 'tick': {
        const due = this.#links.filter(({ deadline }) => deadline !== undefined && deadline <= now.monotonicMs);
        return due.flatMap((link) => this.#run(link, () => link.tick(now)));
      }
      case 'connected':
        return this.#onConnection(input.connection, (link) =>
          link.connected(input.connection, input.flags, input.extensions, now),
        );
      case 'message':
        return this.#onConnection(input.connection, (link) => link.message(input.message, now));
      case 'extensions':
        return this.#onConnection(input.connection, (link) => link.negotiated(input.extensions));
      case 'disconnected':
        return this.#onConnection(input.connection, (link) => link.disconnected(input.reason, now));
      case 'found':
        return this.#linkOfDevice[input.device]?.found(input.device, input.chunk, input.nonce) ?? [];
      case 'hashrate':
        return this.#linkOfDevice[input.device]?.hashrate(input.device, input.hashesPerSecond, now) ?? [];
    }
  }

  /** Inputs of a connection that was given up already mean nothing. */
  #onConnection(
    connection: ConnectionId,
    run: (link: DeviceLink<Upstream>) => readonly DeviceOutput<Upstream>[],
  ): readonly DeviceOutput<Upstream>[] {
    const link = this.#linkOfConnection.get(connection);
    return link === undefined ? [] : this.#run(link, () => run(link));
  }

  #run(link: DeviceLink<Upstream>, step: () => readonly DeviceOutput<Upstream>[]): readonly DeviceOutput<Upstream>[] {
    const before = link.connection;
    const outputs = step();
    const after = link.connection;
    if (before !== after) {
      if (before !== undefined) this.#linkOfConnection.delete(before);
      if (after !== undefined) this.#linkOfConnection.set(after, link);
    }
    return outputs;
  }
}
