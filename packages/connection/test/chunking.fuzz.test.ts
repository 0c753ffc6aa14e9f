import { encodeFrame, encodeRawFrame } from '@stratumkit/framing';
import { ALL_MESSAGES } from '@stratumkit/messages';
import { SetupConnection } from '@stratumkit/messages/common';
import { OpenExtendedMiningChannel, SubmitSharesExtended } from '@stratumkit/messages/mining';
import { FakeClock, propertyOptions, seededRandom } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Connection, ConnectionSecurity } from '../src/index.ts';
import { createClient, createIdentity, createServer, drain, exchange, SETUP } from './support.ts';

const identity = createIdentity();

const frame = fc.oneof(
  fc
    .record({
      channelId: fc.nat(),
      sequenceNumber: fc.nat(),
      jobId: fc.nat(),
      nonce: fc.nat(),
      ntime: fc.nat(),
      version: fc.nat(),
      extranonce: fc.uint8Array({ maxLength: 32 }),
    })
    .map((value) => encodeFrame(SubmitSharesExtended, value)),
  fc
    .record({
      requestId: fc.nat(),
      userIdentity: fc.string({ maxLength: 40 }),
      nominalHashRate: fc.constant(1e12),
      maxTarget: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      minExtranonceSize: fc.nat({ max: 20 }),
    })
    .map((value) => encodeFrame(OpenExtendedMiningChannel, value)),
  fc
    .record({
      extensionType: fc.constantFrom(0, 1, 2, 0x4001),
      channelMessage: fc.boolean(),
      messageType: fc.nat({ max: 255 }),
      payload: fc.uint8Array({ maxLength: 60 }),
    })
    .map((value) => encodeRawFrame(value)),
);

/** What came, as values that do not share bytes with any buffer. */
function record(connection: Connection): string[] {
  return drain(connection).map((event) =>
    JSON.stringify(event, (_key, value) => {
      if (value instanceof Uint8Array)
        return `0x${Array.from(value, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
      if (value instanceof Set) return [...value];
      return typeof value === 'bigint' ? String(value) : value;
    }),
  );
}

/** Feeds bytes in chunks of the given sizes, the last one repeated. */
function feed(connection: Connection, clock: FakeClock, bytes: Uint8Array, sizes: readonly number[]): string[] {
  const events: string[] = [];
  for (let start = 0, turn = 0; start < bytes.length; turn++) {
    const end = start + (sizes[Math.min(turn, sizes.length - 1)] ?? bytes.length);
    connection.push(bytes.slice(start, end), clock.now);
    events.push(...record(connection));
    start = end;
  }
  connection.end('fin', clock.now);
  events.push(...record(connection));
  return events;
}

const chunkSizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 20 });
const concat = (parts: readonly Uint8Array[]) => new Uint8Array(parts.flatMap((part) => [...part]));

describe('any chunking gives the same events', () => {
  it('of frames, plain', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 8 }), chunkSizes, fc.nat({ max: 20 }), (frames, sizes, cut) => {
        const all = concat([encodeFrame(SetupConnection, SETUP), ...frames]);
        const bytes = all.subarray(0, all.length - cut);
        const clock = new FakeClock();
        const whole = feed(createServer(clock), clock, bytes, [bytes.length]);
        expect(feed(createServer(clock), clock, bytes, sizes)).toEqual(whole);
      }),
      propertyOptions(300),
    );
  });

  it('of frames, sealed', () => {
    fc.assert(
      fc.property(fc.array(frame, { maxLength: 4 }), chunkSizes, fc.boolean(), (frames, sizes, damage) => {
        const run = (chunks: readonly number[]) => {
          const clock = new FakeClock();
          const security: ConnectionSecurity = { type: 'noise-responder', identity, random: seededRandom(3) };
          const initiator: ConnectionSecurity = {
            type: 'noise-initiator',
            authorityPublicKey: identity.authorityPublicKey,
            random: seededRandom(4),
          };
          const server = createServer(clock, { security });
          const client = createClient(clock, { security: initiator });
          exchange(server, client, clock);
          for (const item of frames) client.send(item);
          const bytes = client.takeBytes() ?? new Uint8Array(0);
          if (damage && bytes.length > 0) bytes[bytes.length >> 1]! ^= 4;
          return feed(server, clock, bytes, chunks);
        };
        expect(run(sizes)).toEqual(run([1 << 20]));
      }),
      propertyOptions(8),
    );
  });

  it('of garbage, which is never more than the end of a connection', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), chunkSizes, fc.boolean(), (garbage, sizes, isSetUp) => {
        const bytes = isSetUp ? concat([encodeFrame(SetupConnection, SETUP), garbage]) : garbage;
        const clock = new FakeClock();
        const whole = feed(createServer(clock), clock, bytes, [bytes.length]);
        expect(feed(createServer(clock), clock, bytes, sizes)).toEqual(whole);
        expect(whole.at(-1)).toContain('"type":"closed"');
        expect(whole.join()).not.toContain('internal-error');
      }),
      propertyOptions(500),
    );
  });
});

it('no payload of any message is more than the end of a connection', () => {
  const mining = ALL_MESSAGES.filter((definition) => definition.extensionType === 1 || definition.messageType >= 0x03);
  fc.assert(
    fc.property(
      fc.constantFrom(...mining),
      fc.uint8Array({ maxLength: 400 }),
      fc.boolean(),
      (definition, payload, atClient) => {
        const { extensionType, channelMessage, messageType } = definition;
        const clock = new FakeClock();
        const server = createServer(clock);
        const client = createClient(clock);
        exchange(server, client, clock);
        const target = atClient ? client : server;
        target.push(encodeRawFrame({ extensionType, channelMessage, messageType, payload }), clock.now);
        for (const event of drain(target)) {
          if (event.type === 'closed') expect(event.cause).toBe('malformed-message');
        }
      },
    ),
    propertyOptions(1_000),
  );
});
