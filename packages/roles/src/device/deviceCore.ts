import type { Now } from '@stratumkit/codec';
import type { Endpoint } from '../miningClient/reconnect.ts';
import type { ConnectionId } from '../output.ts';
import { DeviceLink } from './deviceLink.ts';
import type { DeviceCoreOptions, DeviceInput, DeviceOutput } from './deviceTypes.ts';
import { LinkRouter } from './linkRouter.ts';
import type { SearchChunk } from './searchCursor.ts';

/**
 * One or many simulated mining devices: connects, opens a channel per device, says what to search, and submits what is found.
 * The hashing itself is the owner's: it takes chunks with {@link take} and reports nonces with the input `found`.
 */
export class DeviceCore<Upstream extends Endpoint = Endpoint> {
  readonly #linkOfDevice: readonly DeviceLink<Upstream>[];
  readonly #router: LinkRouter<DeviceLink<Upstream>, DeviceOutput<Upstream>>;
  #nextConnection = 1;

  constructor(options: DeviceCoreOptions<Upstream>) {
    const newConnection = (): ConnectionId => this.#nextConnection++;
    const all = new Map(options.devices.entries());
    const groups = options.connections === 'shared' ? [all] : [...all].map((entry) => new Map([entry]));
    const links = groups.map((group) => new DeviceLink(options, group, newConnection));
    this.#linkOfDevice = options.devices.map((_, index) => links[options.connections === 'shared' ? 0 : index]!);
    this.#router = new LinkRouter(links);
  }

  /** When {@link handle} wants a tick, in monotonic milliseconds. */
  get deadline(): number | undefined {
    return this.#router.deadline;
  }

  /** The next nonces for a device to try; undefined while it has nothing to do. */
  take(device: number, count: number, now: Now): SearchChunk | undefined {
    return this.#linkOfDevice[device]?.take(device, count, now);
  }

  handle(input: DeviceInput, now: Now): readonly DeviceOutput<Upstream>[] {
    switch (input.type) {
      case 'start':
        return this.#router.onEach((link) => link.start(now));
      case 'tick':
        return this.#router.onDue(now.monotonicMs, (link) => link.tick(now));
      case 'connected':
        return this.#router.onConnection(input.connection, (link) =>
          link.connected(input.connection, input.flags, input.extensions, now),
        );
      case 'message':
        return this.#router.onConnection(input.connection, (link) => link.message(input.message, now));
      case 'extensions':
        return this.#router.onConnection(input.connection, (link) => link.negotiated(input.extensions));
      case 'disconnected':
        return this.#router.onConnection(input.connection, (link) => link.disconnected(input.reason, now));
      case 'found':
        return this.#linkOfDevice[input.device]?.found(input.device, input.chunk, input.nonce) ?? [];
      case 'hashrate':
        return this.#linkOfDevice[input.device]?.hashrate(input.device, input.hashesPerSecond, now) ?? [];
    }
  }
}
