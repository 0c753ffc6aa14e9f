import type { MessageDefinition } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import { Reconnect } from '@stratumkit/messages/common';
import {
  CloseChannel,
  NewExtendedMiningJob,
  NewMiningJob,
  OpenExtendedMiningChannelSuccess,
  OpenMiningChannelError,
  OpenStandardMiningChannelSuccess,
  SetExtranoncePrefix,
  SetGroupChannel,
  SetNewPrevHash,
  SetTarget,
  SubmitSharesError,
  SubmitSharesSuccess,
  UpdateChannelError,
} from '@stratumkit/messages/mining';
import { arbitraryOf, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TranslatorNetwork } from '../translator/translatorNetwork.ts';
import { upstream } from './network.ts';

const DEFINITIONS = [
  CloseChannel,
  NewExtendedMiningJob,
  NewMiningJob,
  OpenExtendedMiningChannelSuccess,
  OpenMiningChannelError,
  OpenStandardMiningChannelSuccess,
  Reconnect,
  SetExtranoncePrefix,
  SetGroupChannel,
  SetNewPrevHash,
  SetTarget,
  SubmitSharesError,
  SubmitSharesSuccess,
  UpdateChannelError,
] as unknown as readonly MessageDefinition[];

const small = fc.integer({ min: 0, max: 6 });

/** Any values of a message, its ids often such as are in use. */
const frame = fc
  .constantFrom(...DEFINITIONS)
  .chain((definition) =>
    fc.tuple(fc.constant(definition), arbitraryOf(definition), fc.boolean(), small, small, small, small),
  )
  .map(([definition, value, isKnown, channelId, jobId, requestId, groupChannelId]) => {
    const names = Object.keys(definition.fields);
    const known = Object.entries({ channelId, jobId, requestId, groupChannelId }).filter(([key]) =>
      names.includes(key),
    );
    return encodeFrame(definition, isKnown ? { ...value, ...Object.fromEntries(known) } : value);
  });

const event = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constant('say' as const), frame }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('run' as const), seconds: fc.constantFrom(0, 1, 2, 61) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constantFrom('tip' as const, 'template' as const) }) },
);

it('whatever an upstream says, nothing falls over, and the next one is mined for when it is gone', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('aggregating' as const, 'transparent' as const),
      fc.boolean(),
      fc.array(event, { maxLength: 20 }),
      (mode, aggregateChannels, events) => {
        const network = new TranslatorNetwork();
        const [bad, good] = [network.pool('bad'), network.pool('good')];
        network.proxy('proxy', [upstream('bad'), upstream('good')], { mode });
        const translator = network.translator([upstream('bad'), upstream('good')], { aggregateChannels });
        const farm = network.farm('farm', [upstream('proxy')], { devices: 2, hashrate: 5 });
        const miner = network.miner(translator, { workerName: 'honest.1', hashrate: 2, returns: true });
        network.run(2);
        for (const each of events) {
          if (each.type === 'say') for (const connection of bad.connections) bad.say(connection, each.frame);
          else if (each.type === 'run') network.run(each.seconds);
          else if (each.type === 'tip') bad.newTip();
          else bad.newTemplate();
        }
        bad.mood = 'refusing';
        network.cut('bad');
        network.run(90);
        expect(good.core.openChannels).toBeGreaterThan(0);
        expect(Math.max(...farm.accepted)).toBeGreaterThan(0);
        expect(miner.lines.length).toBeGreaterThan(0);
      },
    ),
    propertyOptions(Number(process.env.RUNS ?? 20)),
  );
});
