import { RemoteError } from '@stratumkit/codec';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type BlockHeader,
  decodeHeader,
  displayHash,
  encodeHeader,
  headerHash,
  headerHashWithNonce,
  parseHash,
} from '../src/index.ts';
import { SEED } from './seed.ts';

const GENESIS_ROOT = '4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b';
const ZERO = '00'.repeat(32);

const header = (
  version: number,
  prev: string,
  root: string,
  time: number,
  nbits: number,
  nonce: number,
): BlockHeader => ({ version, prevHash: parseHash(prev), merkleRoot: parseHash(root), time, nbits, nonce });

describe('block header', () => {
  it.each([
    ['mainnet', 1231006505, 0x1d00ffff, 2083236893, '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f'],
    ['testnet3', 1296688602, 0x1d00ffff, 414098458, '000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943'],
    ['signet', 1598918400, 0x1e0377ae, 52613770, '00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6'],
    ['regtest', 1296688602, 0x207fffff, 2, '0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206'],
  ])('hashes the genesis header of %s', (_network, time, nbits, nonce, hash) => {
    expect(displayHash(headerHash(header(1, ZERO, GENESIS_ROOT, time, nbits, nonce)))).toBe(hash);
  });

  it('hashes with another nonce and leaves the header as it is', () => {
    const bytes = encodeHeader(header(1, ZERO, GENESIS_ROOT, 1231006505, 0x1d00ffff, 0));
    const before = bytes.slice();
    expect(displayHash(headerHashWithNonce(bytes, 2083236893))).toBe(
      '000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f',
    );
    expect(headerHashWithNonce(bytes, 0xffff_ffff)).toEqual(
      headerHash(header(1, ZERO, GENESIS_ROOT, 1231006505, 0x1d00ffff, 0xffff_ffff)),
    );
    expect(bytes).toEqual(before);
  });

  it('round-trips', () => {
    const u32 = fc.integer({ min: 0, max: 0xffffffff });
    const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });
    const headers = fc.record({ version: u32, prevHash: hash, merkleRoot: hash, time: u32, nbits: u32, nonce: u32 });
    fc.assert(
      fc.property(headers, (value) => {
        expect(decodeHeader(encodeHeader(value))).toEqual(value);
      }),
      SEED,
    );
  });

  it('refuses fewer than 80 bytes', () => {
    expect(() => decodeHeader(new Uint8Array(79))).toThrow(RemoteError);
  });
});

describe('displayed hashes', () => {
  it('are the wire bytes reversed', () => {
    const wire = Uint8Array.from({ length: 32 }, (_, i) => i);
    expect(displayHash(wire).startsWith('1f1e1d')).toBe(true);
    expect(parseHash(displayHash(wire))).toEqual(wire);
  });

  it.each(['', 'ff', 'zz'.repeat(32), '00'.repeat(33)])('refuses %j', (text) => {
    expect(() => parseHash(text)).toThrow(/64 hexadecimal digits/);
  });
});
