import { encodeFrame } from '@stratumkit/framing';
import { SetupConnection } from '@stratumkit/messages/common';
import { propertyOptions, seededRandom } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { recogniseGreeting } from '../src/greeting.ts';
import { SETUP } from './support.ts';

const text = (content: string) => new TextEncoder().encode(content);
const TLS = Uint8Array.of(0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3);

describe('recogniseGreeting', () => {
  it.each([
    ['GET / HTTP/1.1\r\n', 'http-greeting'],
    ['HTTP/1.1 400 Bad Request\r\n', 'http-greeting'],
    ['PRI * HTTP/2.0\r\n', 'http-greeting'],
    ['PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n', 'proxy-protocol-greeting'],
    ['\r\n\r\n\0\r\nQUIT\n', 'proxy-protocol-greeting'],
    ['{"id":1,"method":"mining.subscribe"}\n', 'sv1-greeting'],
    ['[{"id":1,"method":"mining.configure"}]', 'sv1-greeting'],
    ['SSH-2.0-OpenSSH_9.6', undefined],
    ['a'.repeat(64), 'text-greeting'],
  ])('names %j', (greeting, name) => {
    expect(recogniseGreeting(text(greeting).subarray(0, 64), 'noise')).toBe(name);
  });

  it('names a TLS hello and plain Stratum V2', () => {
    expect(recogniseGreeting(TLS, 'noise')).toBe('tls-greeting');
    expect(recogniseGreeting(TLS, 'frame')).toBe('tls-greeting');
    expect(recogniseGreeting(encodeFrame(SetupConnection, SETUP).subarray(0, 64), 'noise')).toBe('plain-greeting');
    expect(recogniseGreeting(encodeFrame(SetupConnection, SETUP).subarray(0, 6), 'frame')).toBeUndefined();
  });

  it('takes no random act for a greeting', () => {
    const random = seededRandom();
    for (let count = 0; count < 20_000; count++) expect(recogniseGreeting(random(64), 'noise')).toBeUndefined();
  });

  it('does not depend on how much came at once', () => {
    const start = fc.constantFrom('GET /', 'POST /', '{"id": 1, "method"', '[', 'PROXY ', 'HTTP/1', 'a', '');
    const rest = fc.oneof(fc.string({ maxLength: 64 }), fc.string({ maxLength: 64, unit: 'binary' }));
    fc.assert(
      fc.property(start, rest, (head, tail) => {
        const bytes = text(head + tail).subarray(0, 64);
        const verdicts = Array.from(bytes, (_, index) => recogniseGreeting(bytes.subarray(0, index + 1), 'noise'));
        const first = verdicts.find((verdict) => verdict !== undefined);
        expect(recogniseGreeting(bytes, 'noise')).toBe(first);
      }),
      propertyOptions(500),
    );
  });
});
