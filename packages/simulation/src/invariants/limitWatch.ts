import type { ConnectionLimits } from '@stratumkit/connection';
import { DEFAULT_MINING_SERVER_LIMITS } from '@stratumkit/roles';
import { Endpoint, type Pump } from '../network/endpoint.ts';
import { GOOD_LINE } from '../network/host.ts';
import type { MiningPort } from '../process/miningPort.ts';
import type { Invariants } from './invariants.ts';

/** One frame may be on its way beyond a bound. */
const ONE_FRAME = 262_152;
/** The endpoint stops reading at 64 KiB; what one read brought is kept. */
const MAX_BUFFERED_BYTES = 64 * 1024 + GOOD_LINE.bufferBytes + ONE_FRAME;
/** Of one channel at most this many batches wait for the disk: 10,000 shares. */
const MAX_UNCOMMITTED_PER_CHANNEL = 10_000;

/** A pool or a proxy. */
export interface LimitedServer {
  readonly node: { readonly name: string };
  readonly limits: ConnectionLimits;
  readonly endpoints: ReadonlySet<Pump>;
  readonly port: MiningPort;
  readonly core:
    | { readonly connections: number; readonly openChannels: number; readonly uncommittedBatches?: number }
    | undefined;
}

/** Everything that a peer could grow, against the named limits of the settings, whatever the processes were given. */
export function checkLimits(server: LimitedServer, invariants: Invariants): void {
  const { core, port } = server;
  const { gate } = port;
  if (core === undefined) return;
  const check = (holds: boolean, detail: () => string): void => {
    invariants.check('within-limits', holds, () => `${server.node.name}: ${detail()}`);
  };
  const { maxQueuedBytes } = server.limits;
  for (const endpoint of server.endpoints) {
    if (!(endpoint instanceof Endpoint)) continue;
    const { connection, id } = endpoint;
    check(
      connection.queuedBytes <= maxQueuedBytes,
      () => `${connection.queuedBytes} bytes are queued for connection ${id}, the limit is ${maxQueuedBytes}`,
    );
    check(
      connection.bufferedBytes <= MAX_BUFFERED_BYTES,
      () => `${connection.bufferedBytes} bytes of connection ${id} are buffered`,
    );
  }
  let open = 0;
  for (const count of port.channels.values()) open += count;
  const { maxChannels, maxChannelsPerConnection } = DEFAULT_MINING_SERVER_LIMITS;
  check(
    core.openChannels === open && open <= maxChannels,
    () => `it counts ${core.openChannels} channels, it has reported ${open}`,
  );
  for (const [connection, count] of port.channels)
    check(count <= maxChannelsPerConnection, () => `connection ${connection} has ${count} channels`);
  check(
    core.connections === port.clients.size,
    () => `it knows ${core.connections} connections, there are ${port.clients.size}`,
  );
  check(
    gate.connections === port.open && gate.pending <= port.open,
    () => `the gate counts ${gate.connections} connections, there are ${port.open}`,
  );
  const { uncommittedBatches = 0 } = core;
  check(
    uncommittedBatches <= MAX_UNCOMMITTED_PER_CHANNEL * Math.max(1, open + port.clients.size),
    () => `${uncommittedBatches} batches wait for the ledger`,
  );
}
