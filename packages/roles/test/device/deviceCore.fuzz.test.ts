import { ALL_MESSAGES, decodeMessage, definitionOf, type MiningMessage } from '@stratumkit/messages';
import { arbitraryOf, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DeviceCore, type DeviceCoreOptions, type DeviceInput, type DeviceOutput } from '../../src/index.ts';

const DEVICES = 3;
const MINING = ALL_MESSAGES.filter(
  ({ extensionType, messageType, name }) => definitionOf('mining', extensionType, messageType)?.name === name,
);

/** What a server really sends, so that runs get somewhere. */
const USUAL = MINING.filter(({ name }) =>
  /^(Open\w+\.Success|New\w*MiningJob|SetNewPrevHash|SetTarget|SubmitShares\.\w+)$/.test(name),
);

/** Small numbers, so that ids meet ids: requests 1 to 4, channels, groups and jobs 0 to 3. */
const IDS = new Set(['channelId', 'groupChannelId', 'jobId', 'requestId', 'sequenceNumber', 'lastSequenceNumber']);
const SIZES = new Set(['extranonceSize', 'newSubmitsAcceptedCount']);

const messages: fc.Arbitrary<MiningMessage> = fc
  .tuple(fc.oneof(fc.constantFrom(...MINING), fc.constantFrom(...USUAL)), fc.nat(), fc.infiniteStream(fc.nat(4)))
  .chain(([definition, , numbers]) =>
    arbitraryOf(definition).map((value) => {
      const small: Record<string, unknown> = { ...value };
      for (const key of Object.keys(small)) {
        const { value: number } = numbers.next();
        if (IDS.has(key)) small[key] = number;
        if (SIZES.has(key)) small[key] = (number ?? 0) + 3;
        if (key === 'extranoncePrefix') small[key] = new Uint8Array(number ?? 0);
        if (key === 'channelIds') small[key] = [number];
      }
      return { name: definition.name, value: small } as unknown as MiningMessage;
    }),
  );

type Step =
  | { readonly type: 'message'; readonly message: MiningMessage }
  | { readonly type: 'connected' | 'disconnected' | 'tick' | 'found' }
  | { readonly type: 'wait'; readonly ms: number };

const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.oneof(
    { weight: 8, arbitrary: messages.map((message) => ({ type: 'message', message }) as const) },
    { weight: 2, arbitrary: fc.constant({ type: 'connected' } as const) },
    { weight: 2, arbitrary: fc.constant({ type: 'found' } as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'disconnected' } as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'tick' } as const) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 40_000 }).map((ms) => ({ type: 'wait', ms }) as const) },
  ),
  { maxLength: 60 },
);

describe('DeviceCore, whatever comes', () => {
  it.each<[DeviceCoreOptions<never>['channel'], DeviceCoreOptions<never>['connections']]>([
    ['standard', 'shared'],
    ['extended', 'each'],
  ])(
    'never throws, sends only decodable frames on live connections, and never stops trying (%s, %s)',
    (channel, connections) => {
      const tally: Record<string, number> = {};
      fc.assert(
        fc.property(steps, (sequence) => {
          const core = new DeviceCore({
            devices: Array.from({ length: DEVICES }, (_, i) => ({
              name: `d${i}`,
              userIdentity: 'u',
              nominalHashrate: 1,
            })),
            upstreams: [{ host: 'a.example', port: 1 }],
            channel,
            connections,
            random: () => 0.5,
          });
          const now = { monotonicMs: 0, unixSeconds: 1_700_000_000 };
          const live = new Set<number>();
          const open = new Set<number>();
          const apply = (input: DeviceInput): void => {
            if (input.type === 'disconnected') live.delete(input.connection);
            for (const output of core.handle(input, now)) check(output);
          };
          const check = (output: DeviceOutput): void => {
            if (output.type === 'connect') live.add(output.connection);
            if (output.type === 'close') expect(live.delete(output.to)).toBe(true);
            if (output.type === 'event') tally[output.event.type] = (tally[output.event.type] ?? 0) + 1;
            if (output.type !== 'send') return;
            expect(output.to.every((connection) => live.has(connection) && open.has(connection))).toBe(true);
            const { frame } = output;
            const messageType = frame[2]!;
            expect(
              decodeMessage('mining', { extensionType: 0, messageType, payload: frame.subarray(6) }),
            ).toBeDefined();
          };
          apply({ type: 'start' });
          for (const step of sequence) {
            const connection = [...live].at(-1) ?? 0;
            if (step.type === 'wait') now.monotonicMs += step.ms;
            else if (step.type === 'message') {
              if (open.has(connection)) apply({ type: 'message', connection, message: step.message });
            } else if (step.type === 'connected') {
              if (open.has(connection) || connection === 0) continue;
              open.add(connection);
              apply({ type: 'connected', connection, flags: 0, extensions: new Set() });
            } else if (step.type === 'disconnected') apply({ type: 'disconnected', connection, reason: 'test' });
            else if (step.type === 'tick') apply({ type: 'tick' });
            else {
              for (let device = 0; device < DEVICES; device++) {
                const chunk = core.take(device, 2, now);
                if (chunk !== undefined) apply({ type: 'found', device, chunk, nonce: chunk.firstNonce });
              }
            }
            const waiting = connections === 'shared' ? live.size === 0 : live.size < DEVICES;
            if (waiting) expect(core.deadline).toBeDefined();
          }
        }),
        propertyOptions(300),
      );
    },
  );
});
