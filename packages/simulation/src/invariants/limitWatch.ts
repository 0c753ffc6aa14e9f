import { DEFAULT_MINING_SERVER_LIMITS } from '@stratumkit/roles';
import { GOOD_LINE } from '../network/host.ts';
import type { PoolProcess } from '../process/poolProcess.ts';
import type { Invariants } from './invariants.ts';

/** One frame may be on its way beyond a bound. */
const ONE_FRAME = 262_152;
/** The endpoint stops reading at 64 KiB; what one read brought is kept. */
const MAX_BUFFERED_BYTES = 64 * 1024 + GOOD_LINE.bufferBytes + ONE_FRAME;
/** Of one channel at most this many batches wait for the disk: 10,000 shares. */
const MAX_UNCOMMITTED_PER_CHANNEL = 10_000;

/** Everything that a peer could grow, against the named limits of the settings, whatever the processes were given. */
export function checkLimits(pool: PoolProcess, invariants: Invariants): void {
  const { core, gate } = pool;
  if (core === undefined) return;
  const check = (holds: boolean, detail: () => string): void => {
    invariants.check('within-limits', holds, () => `${pool.node.name}: ${detail()}`);
  };
  const { maxQueuedBytes } = pool.limits;
  for (const { connection, id } of pool.endpoints) {
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
  for (const count of pool.channels.values()) open += count;
  const { maxChannels, maxChannelsPerConnection } = DEFAULT_MINING_SERVER_LIMITS;
  check(
    core.openChannels === open && open <= maxChannels,
    () => `the pool counts ${core.openChannels} channels, it has reported ${open}`,
  );
  for (const [connection, count] of pool.channels)
    check(count <= maxChannelsPerConnection, () => `connection ${connection} has ${count} channels`);
  check(
    core.connections === pool.clients.size,
    () => `the pool knows ${core.connections} connections, there are ${pool.clients.size}`,
  );
  const own = [...pool.endpoints].filter((endpoint) => endpoint.connection.protocol === 'mining').length;
  check(
    gate.connections === own && gate.pending <= own,
    () => `the gate counts ${gate.connections} connections, there are ${own}`,
  );
  check(
    core.uncommittedBatches <= MAX_UNCOMMITTED_PER_CHANNEL * Math.max(1, open + pool.clients.size),
    () => `${core.uncommittedBatches} batches wait for the ledger`,
  );
}
