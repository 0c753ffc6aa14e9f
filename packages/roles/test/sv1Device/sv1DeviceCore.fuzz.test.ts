import { decodeLine, ServerSession } from '@stratumkit/sv1';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  SV1_PROFILE_NAMES,
  SV1_PROFILES,
  Sv1DeviceCore,
  type Sv1DeviceInput,
  type Sv1DeviceOutput,
} from '../../src/index.ts';

const HASH = 'ab'.repeat(32);
const USUAL = [
  '{"id":1,"result":{"version-rolling":true,"version-rolling.mask":"1fffe000"},"error":null}',
  '{"id":1,"result":[[["mining.notify","s"]],"0102",4],"error":null}',
  '{"id":2,"result":[[["mining.notify","s"]],"0102",4],"error":null}',
  '{"id":3,"result":[[["mining.notify","s"]],"0102",4],"error":null}',
  ...[1, 2, 3, 4].map((id) => `{"id":${id},"result":true,"error":null}`),
  '{"id":null,"method":"mining.set_difficulty","params":[1e-9]}',
  '{"id":null,"method":"mining.set_difficulty","params":[1e300]}',
  '{"id":null,"method":"mining.set_extranonce","params":["",0]}',
  '{"id":null,"method":"mining.set_version_mask","params":["ffffffff"]}',
  '{"id":null,"method":"client.reconnect","params":[]}',
  '{"id":9,"method":"client.get_version","params":[]}',
  ...['true', 'false', 'true', 'false', 'true', 'false'].map(
    (clean) =>
      `{"id":null,"method":"mining.notify","params":["j","${HASH}","00","00",["${HASH}"],"20000000","207fffff","6553f100",${clean}]}`,
  ),
];

const line = fc.oneof(
  { weight: 30, arbitrary: fc.constantFrom(...USUAL) },
  { weight: 1, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.string() },
);
const steps = fc.array(
  fc.oneof(
    { weight: 12, arbitrary: line.map((text) => ({ type: 'line', text }) as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'connected' } as const) },
    { weight: 3, arbitrary: fc.constant({ type: 'found' } as const) },
    { weight: 1, arbitrary: fc.constant({ type: 'disconnected' } as const) },
    { weight: 2, arbitrary: fc.integer({ min: 1, max: 40_000 }).map((ms) => ({ type: 'wait', ms }) as const) },
  ),
  { maxLength: 60, size: 'max' },
);

function createServer(): ServerSession {
  const terms = { sessionId: 's', extranonce1: Uint8Array.of(1, 2), extranonce2Size: 4 };
  const server = new ServerSession({ subscribe: () => terms });
  server.setAllowedVersionMask(0x1fffe000);
  return server;
}

describe('Sv1DeviceCore, whatever comes', () => {
  it('never throws, sends only calls and answers on live connections, and never stops trying', () => {
    let found = 0;
    fc.assert(
      fc.property(fc.constantFrom(...SV1_PROFILE_NAMES), fc.boolean(), steps, (name, isHelped, sequence) => {
        const core = new Sv1DeviceCore({
          devices: [{ name: 'd', workerName: 'u', profile: SV1_PROFILES[name] }],
          upstreams: [{ host: 'a.example', port: 1 }],
          random: () => 0.5,
        });
        const now = { monotonicMs: 0, unixSeconds: 1_700_000_000 };
        let connecting: number | undefined;
        let live: number | undefined;
        let isSearching = false;
        let server = createServer();
        const unanswered: Uint8Array[] = [];
        const check = (output: Sv1DeviceOutput): void => {
          switch (output.type) {
            case 'connect':
              expect(live ?? connecting).toBeUndefined();
              connecting = output.connection;
              return;
            case 'send':
              expect(output.to).toBe(live);
              expect(output.line.at(-1)).toBe(0x0a);
              decodeLine(output.line.subarray(0, -1));
              unanswered.push(output.line.subarray(0, -1));
              return;
            case 'close':
              expect(output.to).toBe(live ?? connecting);
              live = undefined;
              connecting = undefined;
              return;
            case 'search':
              isSearching = output.order !== undefined;
          }
        };
        const apply = (input: Sv1DeviceInput): void => {
          for (const output of core.handle(input, now)) check(output);
          expect(core.take(0, 1, now) !== undefined).toBe(isSearching);
          // It waits for an answer, for a moment, or for its connection to be made.
          expect(core.deadline !== undefined || connecting !== undefined).toBe(true);
        };
        /** A server that does what it should, between the lines of one that does not. */
        const help = (): void => {
          for (let call = unanswered.shift(); call !== undefined; call = unanswered.shift()) {
            const outputs = server
              .handle(call)
              .flatMap((output) =>
                output.type === 'authorize' ? server.authorize(output.call, output.workerName) : [output],
              );
            for (const output of outputs) {
              if (output.type === 'send' && live !== undefined)
                apply({ type: 'line', connection: live, line: output.line.subarray(0, -1) });
            }
          }
        };
        const connect = (): void => {
          if (connecting === undefined) return;
          live = connecting;
          connecting = undefined;
          server = createServer();
          unanswered.length = 0;
          apply({ type: 'connected', connection: live });
        };
        apply({ type: 'start' });
        for (const step of sequence) {
          if (step.type === 'wait') {
            now.monotonicMs += step.ms;
            apply({ type: 'tick' });
          } else if (step.type === 'connected') connect();
          else if (step.type === 'disconnected') {
            const connection = live ?? connecting;
            live = undefined;
            connecting = undefined;
            if (connection !== undefined) apply({ type: 'disconnected', connection, reason: 'reset' });
          } else if (step.type === 'line' && live !== undefined) {
            apply({ type: 'line', connection: live, line: new TextEncoder().encode(step.text) });
          } else if (step.type === 'found') {
            const chunk = core.take(0, 1, now);
            const target = new Uint8Array(32).fill(0xff);
            if (chunk !== undefined) {
              apply({ type: 'found', device: 0, chunk: { ...chunk, target }, nonce: chunk.firstNonce });
              found++;
            }
          }
          if (!isHelped) continue;
          connect();
          help();
        }
      }),
      propertyOptions(200),
    );
    expect(found).toBeGreaterThan(50);
  });
});
