import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_TARGET, PoolHarness, prevHashOf } from './poolHarness.ts';

const SOLO = 'bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080';

const small = fc.nat(5);
const step = fc.oneof(
  { weight: 12, arbitrary: fc.record({ do: fc.constant('share' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('block' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('miss' as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('connect' as const), at: small }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('disconnect' as const), at: small }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('open' as const),
      at: small,
      extended: fc.boolean(),
      solo: fc.boolean(),
      size: fc.nat(16),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const), at: fc.nat(20), byGroup: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('closeByServer' as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('template' as const), future: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('tip' as const), hash: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('provider' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('update' as const),
      at: fc.nat(20),
      top: fc.integer({ min: 0x20, max: 0x7e }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('prefix' as const), at: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('regroup' as const), at: fc.nat(20) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.nat(30_000) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('turn' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Drives a pool; the strict clients throw when a frame breaks a rule. */
class Run {
  readonly pool: PoolHarness;
  readonly #flags = new Map<number, number>();
  #templateId = 1n;
  #futures: bigint[] = [];
  #nonce = 0;
  credited = 0;

  constructor(maxReceiversPerTurn: number) {
    this.pool = PoolHarness.serving({ shareBatchSize: 3, limits: { maxReceiversPerTurn } });
  }

  do(action: Step): void {
    const { pool } = this;
    switch (action.do) {
      case 'connect': {
        if (this.#flags.has(action.at)) return;
        const flags = action.at % 2 === 0 ? MINING_SETUP_FLAGS.requiresStandardJobs : 0;
        this.#flags.set(action.at, flags);
        pool.connect(action.at, flags);
        return;
      }
      case 'disconnect':
        if (this.#flags.delete(action.at)) pool.input({ type: 'disconnected', connection: action.at });
        pool.clients.delete(action.at);
        return;
      case 'open':
        if (!this.#flags.has(action.at)) return;
        if (action.extended && this.#flags.get(action.at) === 0)
          pool.openExtended(action.at, {
            minExtranonceSize: action.size,
            userIdentity: action.solo ? SOLO : 'alice',
          });
        else pool.openStandard(action.at, { userIdentity: action.solo ? SOLO : 'alice' });
        return;
      case 'template':
        if (pool.core.templateState !== 'serving' && !action.future) return;
        this.#templateId++;
        pool.template({ templateId: this.#templateId, futureTemplate: action.future });
        if (action.future) this.#futures = [...this.#futures, this.#templateId].slice(-8);
        return;
      case 'tip': {
        if (this.#futures.length === 0) this.do({ do: 'template', future: true });
        const templateId = this.#futures[0]!;
        this.#futures = [];
        pool.tip({ templateId, prevHash: prevHashOf(0xa0 + action.hash) });
        return;
      }
      case 'provider':
        this.#futures = [];
        pool.input({ type: pool.core.templateState === 'away' ? 'template-connected' : 'template-lost' });
        return;
      case 'turn':
        pool.input({ type: 'tick' });
        return;
      case 'wait':
        pool.advance(action.ms);
        for (const connection of [...pool.closed.keys()]) {
          pool.closed.delete(connection);
          this.do({ do: 'disconnect', at: connection });
        }
        return;
      default:
        this.#onChannel(action);
    }
  }

  #onChannel(action: Extract<Step, { at: number }>): void {
    const { pool } = this;
    const channels = [...pool.clients].flatMap(([connection, client]) =>
      [...client.channels.values()].map((channel) => ({ connection, client, channel })),
    );
    const chosen = channels[action.at % Math.max(1, channels.length)];
    if (chosen === undefined) return;
    const { connection, client, channel } = chosen;
    const { id: channelId } = channel;
    switch (action.do) {
      case 'share':
      case 'block':
      case 'miss': {
        if (channel.active === undefined) return;
        const before = pool.eventsOf('shareRejected').length;
        const share = pool.mine(connection, channelId, action.do, this.#nonce);
        this.#nonce = share.nonce + 1;
        pool.submit(connection, share);
        const rejects = pool.eventsOf('shareRejected').slice(before);
        expect(rejects.map(({ errorCode }) => errorCode)).toEqual(action.do === 'miss' ? ['difficulty-too-low'] : []);
        if (action.do !== 'miss') this.credited++;
        return;
      }
      case 'close': {
        const id = action.byGroup && channel.group !== 0 ? channel.group : channelId;
        for (const other of [...client.channels.values()])
          if (other.id === id || other.group === id) client.channels.delete(other.id);
        pool.say(connection, { name: 'CloseChannel', value: { channelId: id, reasonCode: 'bye' } });
        return;
      }
      case 'closeByServer':
        pool.input({ type: 'operation', operation: { type: 'closeChannel', connection, channelId, reason: 'x' } });
        return;
      case 'update': {
        const maximumTarget = MAX_TARGET.with(31, action.top);
        pool.say(connection, { name: 'UpdateChannel', value: { channelId, nominalHashRate: 0, maximumTarget } });
        return;
      }
      case 'prefix':
        pool.input({ type: 'operation', operation: { type: 'changeExtranoncePrefix', connection, channelId } });
        return;
      case 'regroup':
        pool.input({ type: 'operation', operation: { type: 'regroup', connection, channelIds: [channelId] } });
    }
  }
}

it('keeps every rule in front of strict clients, and credits what they mine', () => {
  // With a turn of one receiver everything happens between two slices of a fan-out.
  const slices = fc.constantFrom(1, 2, 128);
  fc.assert(
    fc.property(slices, fc.array(step, { minLength: 100, maxLength: 150 }), (slice, steps) => {
      const run = new Run(slice);
      for (const at of [1, 2, 3]) run.do({ do: 'connect', at });
      for (const at of [1, 2, 3, 1, 3]) run.do({ do: 'open', at, extended: at === 1, solo: at === 3, size: 4 });
      for (const action of steps) run.do(action);
      const { pool } = run;
      expect(pool.eventsOf('share')).toHaveLength(run.credited);
      const hashes = pool.eventsOf('share').map(({ hash }) => hash.join());
      expect(new Set(hashes).size).toBe(hashes.length);
      // Prefixes of open channels never overlap.
      const prefixes = [...pool.clients.values()].flatMap((client) =>
        [...client.channels.values()].map((channel) => channel.extranoncePrefix.slice(0, 4).join()),
      );
      expect(new Set(prefixes).size).toBe(prefixes.length);
      // What was accepted is acknowledged in time.
      pool.advance(10_000);
      for (const connection of pool.clients.keys()) pool.input({ type: 'disconnected', connection });
      expect(pool.core.openChannels).toBe(0);
      expect(pool.core.uncommittedBatches).toBe(0);
    }),
    propertyOptions(60),
  );
});
