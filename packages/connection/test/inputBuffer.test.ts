import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputBuffer } from '../src/inputBuffer.ts';

describe('InputBuffer', () => {
  it('gives back what was pushed, and bytes once taken never change', () => {
    const step = fc.oneof(
      fc.record({ push: fc.uint8Array({ maxLength: 80 }) }),
      fc.record({ take: fc.nat({ max: 60 }) }),
      fc.constant('compact' as const),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const buffer = new InputBuffer();
        let expected: number[] = [];
        const kept: [Uint8Array, number[]][] = [];
        for (const action of steps) {
          if (action === 'compact') buffer.compact();
          else if ('push' in action) {
            buffer.push(action.push);
            expected.push(...action.push);
          } else {
            const taken = buffer.take(action.take);
            if (action.take > expected.length) expect(taken).toBeUndefined();
            else {
              kept.push([taken!, expected.slice(0, action.take)]);
              expected = expected.slice(action.take);
            }
          }
          expect(buffer.length).toBe(expected.length);
          expect(Array.from(buffer.peek(10))).toEqual(expected.slice(0, 10));
        }
        for (const [bytes, content] of kept) expect(Array.from(bytes)).toEqual(content);
      }),
      propertyOptions(300),
    );
  });

  it('lets go of a large chunk of which little is left', () => {
    const buffer = new InputBuffer();
    buffer.push(new Uint8Array(65_536).fill(7));
    buffer.take(65_500);
    buffer.compact();
    expect(buffer.peek(100).buffer.byteLength).toBe(36);
  });
});
