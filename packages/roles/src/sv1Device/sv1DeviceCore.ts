import type { Now } from '@stratumkit/codec';
import { LinkRouter } from '../device/linkRouter.ts';
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
  readonly #router: LinkRouter<Sv1DeviceLink<Upstream>, Sv1DeviceOutput<Upstream>>;
  #nextConnection = 1;

  constructor(options: Sv1DeviceCoreOptions<Upstream>) {
    const newConnection = (): ConnectionId => this.#nextConnection++;
    this.#links = options.devices.map((device, index) => new Sv1DeviceLink(options, index, device, newConnection));
    this.#router = new LinkRouter(this.#links);
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    return this.#router.deadline;
  }

  /** The next nonces for a device to try; undefined while it has nothing to do. */
  take(device: number, count: number, now: Now): SearchChunk | undefined {
    return this.#links[device]?.take(count, now);
  }

  handle(input: Sv1DeviceInput, now: Now): readonly Sv1DeviceOutput<Upstream>[] {
    switch (input.type) {
      case 'start':
        return this.#router.onEach((link) => link.start(now));
      case 'tick':
        return this.#router.onDue(now.monotonicMs, (link) => link.tick(now));
      case 'connected':
        return this.#router.onConnection(input.connection, (link) => link.connected(input.connection, now));
      case 'line':
        return this.#router.onConnection(input.connection, (link) => link.line(input.line, now));
      case 'disconnected':
        return this.#router.onConnection(input.connection, (link) => link.disconnected(input.reason, now));
      case 'probed':
        return this.#router.onLink(input.device, (link) => link.probed(input.reached, now));
      case 'found':
        return this.#links[input.device]?.found(input.chunk, input.nonce) ?? [];
    }
  }
}
