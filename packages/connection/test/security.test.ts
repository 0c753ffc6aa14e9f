import { portableCrypto, publicKeyFromSecret } from '@stratumkit/noise';
import { seededRandom } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import { clientSecurity, serverSecurity } from '../src/index.ts';

const backends = { random: seededRandom(1), crypto: portableCrypto };
const secretKey = new Uint8Array(32).fill(0x42);
const authorityPublicKey = publicKeyFromSecret(secretKey);
const missingKey = 'no key';

describe('how a client talks to a server', () => {
  it.each([
    ['authenticated', authorityPublicKey, { type: 'noise-initiator', authorityPublicKey, ...backends }],
    ['unverified', authorityPublicKey, { type: 'noise-initiator', authorityPublicKey: 'unverified', ...backends }],
    ['unverified', undefined, { type: 'noise-initiator', authorityPublicKey: 'unverified', ...backends }],
    ['plain', authorityPublicKey, { type: 'plain' }],
    ['plain', undefined, { type: 'plain' }],
  ] as const)('%s', (trust, key, expected) => {
    expect(clientSecurity({ trust, authorityPublicKey: key, missingKey }, backends)).toEqual(expected);
  });

  it('is never less than what was asked for', () => {
    expect(() =>
      clientSecurity({ trust: 'authenticated', authorityPublicKey: undefined, missingKey }, backends),
    ).toThrow(expect.objectContaining({ code: 'authority-key-missing', message: 'no key' }));
  });
});

it('a server talks by its key, and says the public one', () => {
  const { security, authorityPublicKey: text } = serverSecurity(secretKey, backends);
  expect(security).toMatchObject({ type: 'noise-responder', identity: { authorityPublicKey } });
  expect(text).toMatch(/^9[1-9A-HJ-NP-Za-km-z]{50,}$/);
});
