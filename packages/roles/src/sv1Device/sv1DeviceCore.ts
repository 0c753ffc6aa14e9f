import type { Now } from '@stratumkit/codec';
import type { SearchChunk } from '../device/searchCursor.ts';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { ConnectionId } from '../output.ts';
import { Sv1DeviceLink } from './sv1DeviceLink.ts';
import type { Sv1DeviceCoreOptions, Sv1DeviceInput, Sv1DeviceOutput } from './sv1DeviceTypes.ts';

/**
 * One or many simulated SV1 miners, each with a connection of its own and the habits of its profile. The hashing is the owner's: it
 * takes chunks with {@link take} and reports nonces with the input `found`.
 */
export class Sv1DeviceCore<Upstream extends Endpoint = Endpoint> {
  readonly #links: readonly Sv1DeviceLink<Upstream>[];
  readonly #linkOfConnection = new Map<ConnectionId, Sv1DeviceLink<Upstream>>();
  #nextConnection = 1;

  constructor(options: Sv1DeviceCoreOptions<Upstream>) {
    const newConnection = (): ConnectionId => this.#nextConnection++;
    this.#links = options.devices.map((device, index) => new Sv1DeviceLink(options, index, device, newConnection));
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
    return this.#links[device]?.take(count, now);
  }

  handle(input: Sv1DeviceInput, now: Now): readonly Sv1DeviceOutput<Upstream>[] {
    switch (input.type) {
      case 'start':
        return this.#links.flatMap((link) => this.#run(link, () => link.start(now)));
      case 'tick': {
        const due = this.#links.filter(({ deadline }) => deadline !== undefined && deadline <= now.monotonicMs);
        return due.flatMap((link) => this.#run(link, () => link.tick(now)));
      }
      case 'connected':
        return this.#onConnection(input.connection, (link) => link.connected(input.connection, now));
      case 'line':
        return this.#onConnection(input.connection, (link) => link.line(input.line, now));
      case 'disconnected':
        return this.#onConnection(input.connection, (link) => link.disconnected(input.reason, now));
      case 'found':
        return this.#links[input.device]?.found(input.chunk, input.nonce) ?? [];
    }
  }

  /** Inputs of a connection that was given up already mean nothing. */
  #onConnection(
    connection: ConnectionId,
    step: (link: Sv1DeviceLink<Upstream>) => readonly Sv1DeviceOutput<Upstream>[],
  ): readonly Sv1DeviceOutput<Upstream>[] {
    const link = this.#linkOfConnection.get(connection);
    return link === undefined ? [] : this.#run(link, () => step(link));
  }

  #run(
    link: Sv1DeviceLink<Upstream>,
    step: () => readonly Sv1DeviceOutput<Upstream>[],
  ): readonly Sv1DeviceOutput<Upstream>[] {
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
