import { formatJson, type JsonValue, parseJson } from '@stratumkit/codec';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

/** The value as JSON.parse would have rounded it. */
function rounded(value: JsonValue): unknown {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(rounded);
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, rounded(item)]));
}

describe('lossless JSON', () => {
  it.each([
    [
      '[9007199254740991, 9007199254740992, 18446744073709551615]',
      [9007199254740991, 9007199254740992n, 18446744073709551615n],
    ],
    ['{"a":-9007199254740993}', { a: -9007199254740993n }],
    ['"18446744073709551615"', '18446744073709551615'],
    ['["\\"18446744073709551615"]', ['"18446744073709551615']],
    ['{"18446744073709551615":1}', { '18446744073709551615': 1 }],
    ['["#n1", "\\u0023n1", "#"]', ['#n1', '#n1', '#']],
    ['{"#n1": "#s"}', { '#n1': '#s' }],
    ['1.00000000000000000001', 1],
    ['12345678901234567890e2', 1234567890123456800000],
    ['1e0000000000000000001', 10],
  ])('reads %s', (text, value) => {
    expect(parseJson(text)).toEqual(value);
  });

  it.each([
    '01234567890123456789',
    '[1 18446744073709551615]',
    '{',
    '18446744073709551615n',
    '--18446744073709551615',
    '',
  ])('refuses %s', (text) => {
    expect(() => parseJson(text)).toThrow(SyntaxError);
  });

  it('reads what JSON.parse reads as JSON.parse does, long integers aside', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        expect(JSON.parse(text)).toEqual(rounded(parseJson(text)));
      }),
      propertyOptions(),
    );
  });

  it('reads back what it wrote', () => {
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { depthSize: 'small' },
        fc.constantFrom(null, true, -0, 1.5, '#n5', '\\'),
        fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n }),
        fc.string({ unit: 'binary' }),
        fc.array(tie('tree')),
        fc.dictionary(fc.string(), tie('tree'), { noNullPrototype: true }),
      ),
    }));
    fc.assert(
      fc.property(tree, fc.constantFrom('', '  '), (value, indent) => {
        expect(parseJson(formatJson(value as never, indent))).toEqual(value);
      }),
      propertyOptions(),
    );
  });
});
