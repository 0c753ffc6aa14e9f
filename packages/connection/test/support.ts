import type { Protocol } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import { ResponderIdentity } from '@stratumkit/noise';
import { type FakeClock, seededRandom } from '@stratumkit/testing';
import {
  Connection,
  type ConnectionEvent,
  type ConnectionOptions,
  type ConnectionSecurity,
  type ServerSetup,
} from '../src/index.ts';

const AUTHORITY = Uint8Array.from({ length: 32 }, (_, index) => index + 1);

export function createIdentity(certificateValiditySeconds = 3_600): ResponderIdentity {
  return new ResponderIdentity({ random: seededRandom(7), authoritySecretKey: AUTHORITY, certificateValiditySeconds });
}

export const SETUP: SetupConnection = {
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: 'pool.example',
  endpointPort: 3333,
  vendor: 'stratumkit',
  hardwareVersion: 'test',
  firmware: '',
  deviceId: '',
};

export const ACCEPT: ServerSetup = { side: 'server', policy: () => ({ accept: true, flags: 0 }) };

export const PLAIN: ConnectionSecurity = { type: 'plain' };

/** A mining server without Noise that accepts everybody. */
export function createServer(
  clock: FakeClock,
  options: Partial<ConnectionOptions<Protocol>> = {},
): Connection<Protocol> {
  return new Connection<Protocol>({ protocol: 'mining', security: PLAIN, setup: ACCEPT, ...options }, clock.now);
}

export function createClient(
  clock: FakeClock,
  options: Partial<ConnectionOptions<Protocol>> = {},
): Connection<Protocol> {
  const setup = { side: 'client', request: SETUP } as const;
  return new Connection<Protocol>({ protocol: 'mining', security: PLAIN, setup, ...options }, clock.now);
}

/** Takes all events there are. */
export function drain(connection: Connection<Protocol>): ConnectionEvent<Protocol>[] {
  const events: ConnectionEvent<Protocol>[] = [];
  for (let event = connection.next(); event !== undefined; event = connection.next()) events.push(event);
  return events;
}

export interface Turn {
  readonly server: ConnectionEvent<Protocol>[];
  readonly client: ConnectionEvent<Protocol>[];
}

/** Carries bytes both ways until nobody has any left; no time passes. `cut` chooses the sizes of the chunks. */
export function exchange(
  server: Connection<Protocol>,
  client: Connection<Protocol>,
  clock: FakeClock,
  cut: () => number = () => Number.POSITIVE_INFINITY,
): Turn {
  const turn: Turn = { server: drain(server), client: drain(client) };
  const carry = (from: Connection<Protocol>, to: Connection<Protocol>, events: ConnectionEvent<Protocol>[]) => {
    let moved = false;
    for (let bytes = from.takeBytes(); bytes !== undefined; bytes = from.takeBytes()) {
      moved = true;
      for (let start = 0; start < bytes.length; ) {
        const end = Math.min(bytes.length, start + cut());
        to.push(bytes.slice(start, end), clock.now);
        events.push(...drain(to));
        start = end;
      }
    }
    return moved;
  };
  for (;;) {
    const toServer = carry(client, server, turn.server);
    const toClient = carry(server, client, turn.client);
    if (!toServer && !toClient) return turn;
  }
}

/** Both ends, set up and open, and nothing left to take. */
export function createOpenPair(
  clock: FakeClock,
  server: Partial<ConnectionOptions<Protocol>> = {},
  client: Partial<ConnectionOptions<Protocol>> = {},
) {
  const pair = { server: createServer(clock, server), client: createClient(clock, client) };
  exchange(pair.server, pair.client, clock);
  return pair;
}
