import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  displayHash,
  encodeHeader,
  foldMerklePath,
  headerHash,
  merklePath,
  merkleRoot,
  parseHash,
  portableHash,
} from '../src/index.ts';
import { SEED } from './seed.ts';

const BLOCK_100000 = [
  '8c14f0db3df150123e6f3dbbf30f8b955a8249b62ac1d1ff16284aefa3d06d87',
  'fff2525b8931402dd09222c50775608f75787bd2b87e56995a7bdd30f79702c4',
  '6359f0868171b1d194cbee1af2f16ea598ae8fad666d9b012c8ed2b79a236ec4',
  'e9a66845e05d5abc0ad04ec80f774a7e585c6e8db975962d069a522137b80c1d',
].map(parseHash);

describe('merkle', () => {
  it('gives the root and the hash of block 100,000', () => {
    const root = merkleRoot(BLOCK_100000);
    expect(displayHash(root)).toBe('f3e94742aca4b5ef85488dc37c06c3282295ffec960994b2c0d5ac2a25a95766');
    const header = {
      version: 1,
      prevHash: parseHash('000000000002d01c1fccc21636b607dfd930d31d01c3a62104612a1719011250'),
      merkleRoot: root,
      time: 1293623863,
      nbits: 0x1b04864c,
      nonce: 274148111,
    };
    expect(displayHash(headerHash(encodeHeader(header)))).toBe(
      '000000000003ba27aa200b1cecaad478d2b00432346c3f1f3986da1afd33e506',
    );
  });

  it('folding the path of the first leaf gives the root, for any number of leaves', () => {
    const leaves = fc.array(fc.uint8Array({ minLength: 32, maxLength: 32 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(leaves, (all) => {
        const path = merklePath(all.slice(1));
        expect(foldMerklePath(all[0]!, path)).toEqual(merkleRoot(all));
        expect(path.length).toBe(Math.ceil(Math.log2(all.length)));
      }),
      SEED,
    );
  });

  it('pairs an odd node with itself', () => {
    const [a, b, c] = BLOCK_100000 as [Uint8Array, Uint8Array, Uint8Array];
    const right = portableHash.sha256dPair(c, c);
    expect(merkleRoot([a, b, c])).toEqual(portableHash.sha256dPair(portableHash.sha256dPair(a, b), right));
  });

  it('a lone leaf is the root and has no path', () => {
    expect(merkleRoot([BLOCK_100000[0]!])).toEqual(BLOCK_100000[0]);
    expect(merklePath([])).toEqual([]);
  });
});
