import { RemoteError } from '@stratumkit/codec';
import { decodeLine, encodeCall, typedCall } from '@stratumkit/sv1';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const SEEDS = [
  '{"id":1,"method":"mining.submit","params":["w","j","00000001","504e86ed","b2957c02"]}',
  '{"id":"a","method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"ffffffff"}]}',
  '{"id":1,"result":[[["mining.notify","x"]],"08000002",4],"error":null}',
];

describe('decodeLine', () => {
  it('throws nothing but RemoteError, and agrees with JSON.parse on what it takes', () => {
    const mutated = fc
      .tuple(
        fc.constantFrom(...SEEDS),
        fc.array(fc.tuple(fc.nat(200), fc.nat(255), fc.boolean()), { minLength: 1, maxLength: 4 }),
      )
      .map(([seed, edits]) => {
        const bytes = [...new TextEncoder().encode(seed)];
        for (const [at, byte, insert] of edits) bytes.splice(at % bytes.length, insert ? 0 : 1, byte);
        return Uint8Array.from(bytes);
      });
    fc.assert(
      fc.property(fc.oneof(mutated, fc.uint8Array({ maxLength: 60 })), (line) => {
        try {
          const message = decodeLine(line);
          const json = JSON.parse(new TextDecoder().decode(line)) as { id?: unknown };
          expect(message.id === undefined ? undefined : JSON.parse(message.id)).toEqual(json.id);
          if (message.type === 'call') typedCall(message);
        } catch (error) {
          if (!(error instanceof RemoteError)) throw error;
        }
      }),
      propertyOptions(2000),
    );
  });

  it('reads back every call of any JSON', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.array(fc.jsonValue({ maxDepth: 3 })), (method, params) => {
        fc.pre(!JSON.stringify(params).includes('__proto__'));
        const line = encodeCall({ id: '4', method, params: params as never });
        expect(decodeLine(line.subarray(0, -1))).toEqual({ type: 'call', id: '4', method, params });
      }),
      propertyOptions(),
    );
  });
});
