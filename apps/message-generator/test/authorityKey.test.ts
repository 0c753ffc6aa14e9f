import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeAuthoritySecretKey } from '@stratumkit/noise';
import { afterAll, describe, expect, it } from 'vitest';
import { authoritySecretKey } from '../src/cli/authorityKey.ts';
import { KEYS } from './helpers.ts';

const folder = mkdtempSync(join(tmpdir(), 'authority-key-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const { pub_key: publicKey, secret_key: secretKey } = KEYS;
const file = join(folder, 'key');

describe('a file with an authority key', () => {
  it.each([
    ['the secret key alone', `${secretKey}\n`],
    ['what keygen prints', `public key:  ${publicKey}\nsecret key:  ${secretKey}\n`],
    ['as TOML', `authority_public_key = "${publicKey}"\nauthority_secret_key = "${secretKey}"\n`],
    ['as JSON', JSON.stringify({ authority_public_key: publicKey, authority_secret_key: secretKey })],
  ])('holds %s', (_, text) => {
    writeFileSync(file, text);
    expect(authoritySecretKey(file)).toEqual(decodeAuthoritySecretKey(secretKey));
  });

  it('of a public key alone is refused', () => {
    writeFileSync(file, publicKey);
    expect(() => authoritySecretKey(file)).toThrow('secret key');
  });
});
