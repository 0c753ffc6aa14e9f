import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { upstream } from '../proxy/network.ts';
import { TranslatorNetwork } from './translatorNetwork.ts';

const METHODS = [
  'mining.configure',
  'mining.subscribe',
  'mining.authorize',
  'mining.submit',
  'mining.suggest_difficulty',
  'mining.suggest_target',
  'mining.extranonce.subscribe',
  'mining.multi_version',
  'mining.ping',
  'mining.get_transactions',
  'mining.notify',
  'client.get_version',
  'x',
];
const word = fc.constantFrom('00000000', 'ffffffff', 'alice.rig', '1', '2', 'zz', '');
const params = fc.oneof(
  fc.array(fc.oneof(word, fc.integer(), fc.double(), fc.constant(null)), { maxLength: 7 }),
  fc.constantFrom([['version-rolling'], { 'version-rolling.mask': 'ffffffff' }], [['minimum-difficulty'], {}], [0.001]),
  fc.jsonValue({ maxDepth: 2 }),
);
const line = fc.oneof(
  fc
    .tuple(fc.constantFrom(...METHODS), params, fc.oneof(fc.nat(9), word, fc.constant(null)))
    .map((call) => JSON.stringify({ id: call[2], method: call[0], params: call[1] })),
  fc.string({ maxLength: 60 }),
);

const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('line' as const), line }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('run' as const), seconds: fc.nat(8) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constantFrom(
        'tip' as const,
        'template' as const,
        'cut' as const,
        'down' as const,
        'up' as const,
        'prefix' as const,
        'target' as const,
        'close' as const,
        'reconnect' as const,
        'unplug' as const,
        'forbid' as const,
      ),
    }),
  },
);

it('whatever happens: what was answered yes is counted, by the pool or here, and nobody else is harmed', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.array(event, { maxLength: 25 }), (aggregateChannels, events) => {
      const network = new TranslatorNetwork();
      const pools = ['first', 'second'].map((name) => network.pool(name));
      const [first] = pools;
      const translator = network.translator([upstream('first'), upstream('second')], { aggregateChannels });
      const honest = network.miner(translator, {
        workerName: 'honest.1',
        hashrate: 2,
        mask: 0xffffffff,
        returns: true,
      });
      const hostile = network.miner(translator, { workerName: 'alice.rig', hashrate: 1, returns: true });
      network.run(1);
      for (const each of events) {
        const [opened] = first!.eventsOf('channelOpened').slice(-1);
        switch (each.type) {
          case 'line':
            hostile.send(each.line);
            break;
          case 'run':
            network.run(each.seconds);
            break;
          case 'tip':
            first!.newTip();
            break;
          case 'template':
            first!.newTemplate();
            break;
          case 'cut':
            network.cut('first');
            break;
          case 'down':
            first!.mood = 'refusing';
            network.cut('first');
            break;
          case 'up':
            first!.mood = 'open';
            break;
          case 'forbid':
            first!.setupOptions = { versionRollingAllowed: false };
            network.cut('first');
            break;
          case 'unplug':
            hostile.unplug();
            hostile.reconnect();
            break;
          case 'reconnect':
            first!.operate({ type: 'reconnect', newHost: '', newPort: 0 });
            break;
          default: {
            if (opened === undefined) break;
            const { connection, channelId } = opened;
            if (each.type === 'prefix') first!.operate({ type: 'changeExtranoncePrefix', connection, channelId });
            else if (each.type === 'close')
              first!.operate({ type: 'closeChannel', connection, channelId, reason: 'test' });
            else first!.operate({ type: 'setTarget', connection, channelId, target: network.target(40) });
          }
        }
      }
      network.run(60);

      const forwarded = translator.eventsOf('share').filter((share) => share.forwarded).length;
      const counted = pools.reduce((sum, pool) => sum + pool.eventsOf('share').length, 0);
      const refused = translator.eventsOf('upstreamRefused').length;
      const unknown = translator.eventsOf('sharesUnknown').reduce((sum, { shares }) => sum + shares, 0);
      // On its way a share may cross a tip or the end of its connection; then that is counted.
      expect(counted).toBeLessThanOrEqual(forwarded);
      expect(forwarded - counted).toBeLessThanOrEqual(refused + unknown);
      for (const { errorCode } of translator.eventsOf('upstreamRefused'))
        expect(['stale-share', 'invalid-job-id', 'invalid-channel-id']).toContain(errorCode);
      const yes = translator.eventsOf('share').filter(({ workerName }) => workerName === 'honest.1').length;
      expect(honest.accepted).toBe(yes);
      expect(honest.refusals.filter(({ code }) => code !== 21)).toEqual([]);
      expect(honest.notified.length).toBeGreaterThan(0);
    }),
    { ...propertyOptions(25) },
  );
});
