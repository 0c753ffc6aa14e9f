import { decodeText, displayText, encodeText, UsageError } from '@stratumkit/codec';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const utf8 = new TextEncoder();

describe('text', () => {
  it('reads valid UTF-8 as every other decoder does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(decodeText(utf8.encode(text))).toBe(text);
        expect(encodeText(text)).toEqual(Uint8Array.from(utf8.encode(text)));
      }),
      propertyOptions(),
    );
  });

  it('gives any bytes back unchanged, behind ASCII of any length, too', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.uint8Array({ maxLength: 255 }), (ascii, tail) => {
        const bytes = Uint8Array.from([...new Uint8Array(ascii).fill(0x61), ...tail]);
        expect(encodeText(decodeText(bytes))).toEqual(bytes);
      }),
      propertyOptions(500),
    );
  });

  it('judges every sequence as a strict UTF-8 decoder does', () => {
    const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    const isValid = (bytes: Uint8Array): boolean => {
      try {
        strict.decode(bytes);
        return true;
      } catch {
        return false;
      }
    };
    const lead = fc.constantFrom(
      0x00,
      0x7f,
      0x80,
      0xbf,
      0xc0,
      0xc1,
      0xc2,
      0xdf,
      0xe0,
      0xed,
      0xef,
      0xf0,
      0xf4,
      0xf5,
      0xff,
    );
    const next = fc.constantFrom(0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0);
    fc.assert(
      fc.property(lead, fc.array(next, { maxLength: 4 }), (first, others) => {
        const bytes = Uint8Array.from([first, ...others]);
        expect(/\p{Cs}/u.test(decodeText(bytes))).toBe(!isValid(bytes));
      }),
      propertyOptions(2000),
    );
  });

  it.each([
    ['a lone high surrogate', '\ud800'],
    ['a lone low surrogate that stands for no byte', '\udc7f'],
    ['a low surrogate above the bytes', '\udd00'],
  ])('refuses to encode %s', (_name, text) => {
    expect(() => encodeText(text)).toThrow(UsageError);
    expect(() => encodeText('x'.repeat(100) + text)).toThrow(UsageError);
  });

  it.each([
    ['plain text', 'worker.1 (é, 矿, ⛏)', 'worker.1 (é, 矿, ⛏)'],
    ['controls', 'a\u0000\r\n\u001b[2J\u007f\u0085', 'a\\u{0}\\u{d}\\u{a}\\u{1b}[2J\\u{7f}\\u{85}'],
    ['bidirectional overrides', '\u202ecod\u2066e', '\\u{202e}cod\\u{2066}e'],
    [
      'line separators and invisible characters',
      '\u2028\u200b\ufeff\u00ad\u3164',
      '\\u{2028}\\u{200b}\\u{feff}\\u{ad}\\u{3164}',
    ],
    ['bytes that are not UTF-8', decodeText(Uint8Array.of(0x61, 0xff, 0x80)), 'a\\xff\\x80'],
    ['a backslash, so that no text imitates an escape', '\\xff', '\\\\xff'],
    ['tag characters beyond the basic plane', '\u{e0041}', '\\u{e0041}'],
  ])('displays %s', (_name, text, shown) => {
    expect(displayText(text)).toBe(shown);
  });
});
