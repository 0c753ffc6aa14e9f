import {
  buildCoinbase,
  encodeHeader,
  foldMerklePath,
  merklePath,
  merkleRoot,
  portableHash,
  targetFromDifficulty,
  targetToBigint,
} from '@stratumkit/bitcoin';
import { toHex } from '@stratumkit/codec';
import {
  DIFFICULTY_ONE_TARGET,
  decodeLine,
  encodeCall,
  Notify,
  type NotifyParams,
  SetDifficulty,
  Submit,
  shareHeader,
  swapWords,
  tellableDifficulty,
} from '@stratumkit/sv1';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const bytes = (minLength: number, maxLength = minLength) =>
  fc.uint8Array({ minLength, maxLength, size: 'max' }).map((value) => value.slice());
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });

describe('prevhash', () => {
  it('is reversed word by word, as in the block after the genesis block', () => {
    const genesis = '6fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000';
    const onTheLine = '0a8ce26f72b3f1b646a2a6c14ff763ae65831e939c085ae10019d66800000000';
    const wire = Uint8Array.from(genesis.match(/../g)?.map((byte) => Number.parseInt(byte, 16)) ?? []);
    expect(toHex(swapWords(wire))).toBe(onTheLine);
    expect(swapWords(swapWords(wire))).toEqual(wire);
    expect(() => swapWords(wire.subarray(1))).toThrow('31');
  });
});

describe('difficulty', () => {
  it('1 is the target 0xffff * 2^208', () => {
    expect(targetToBigint(DIFFICULTY_ONE_TARGET)).toBe(0xffffn << 208n);
  });

  it.each([
    [1, 1, 1, 1],
    [1.2, 1, 1, 2],
    [1.5, 1, 2, 2],
    [1000, 512, 1024, 1024],
    [700, 512, 512, 1024],
    [2 ** 53, 2 ** 53, 2 ** 53, 2 ** 53],
    [0.3, 0.3, 0.3, 0.3],
    [1 / 3, 1 / 3, 1 / 3, 1 / 3],
  ])('%f is told as %f (down), %f (nearest), %f (up)', (difficulty, down, nearest, up) => {
    expect([
      tellableDifficulty(difficulty, 'down'),
      tellableDifficulty(difficulty),
      tellableDifficulty(difficulty, 'up'),
    ]).toEqual([down, nearest, up]);
  });

  it('that is no difficulty is refused', () => {
    for (const bad of [0, -1, Number.NaN, Number.POSITIVE_INFINITY]) expect(() => tellableDifficulty(bad)).toThrow();
  });

  it('is a power of two from 1 up, within a factor of the root of 2, and arrives exactly', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-9, max: 1e15, noNaN: true }), (difficulty) => {
        const told = tellableDifficulty(difficulty);
        if (difficulty < 1) expect(told).toBe(difficulty);
        else {
          expect(Number.isInteger(Math.log2(told))).toBe(true);
          expect(Math.max(told / difficulty, difficulty / told)).toBeLessThanOrEqual(Math.SQRT2 + 1e-12);
        }
        const line = encodeCall({
          method: 'mining.set_difficulty',
          params: SetDifficulty.formatParams({ difficulty: told }),
        });
        const received = decodeLine(line.subarray(0, -1));
        if (received.type !== 'call') throw new Error('no call');
        const heard = SetDifficulty.parseParams(received.params).difficulty;
        expect(targetFromDifficulty(heard)).toEqual(targetFromDifficulty(told));
      }),
      propertyOptions(),
    );
  });
});

describe('a share', () => {
  it('has the merkle root that the pool computes from the whole block', () => {
    const sizes = fc.tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 1, max: 8 }));
    const arbitrary = sizes.chain(([first, second]) =>
      fc.record({
        extranonce1: bytes(first),
        extranonce2: bytes(second),
        txids: fc.array(bytes(32), { maxLength: 9 }),
        tag: bytes(4, 40),
        prevHash: bytes(32),
        version: u32,
        versionMask: u32,
        versionBits: fc.option(u32, { nil: undefined }),
        nbits: u32,
        ntime: u32,
        nonce: u32,
        cleanJobs: fc.boolean(),
      }),
    );
    fc.assert(
      fc.property(arbitrary, (given) => {
        const { extranonce1, extranonce2, txids, versionMask, versionBits, ntime, nonce } = given;
        const { prefix, suffix } = buildCoinbase({
          version: 2,
          scriptSigPrefix: given.tag,
          extranonceSize: extranonce1.length + extranonce2.length,
          sequence: 0xffff_ffff,
          outputs: [{ value: 50n, script: Uint8Array.of(0x51) }],
          locktime: 0,
        });
        const job: NotifyParams = {
          jobId: '1',
          prevHash: given.prevHash,
          coinbase1: prefix,
          coinbase2: suffix,
          merklePath: merklePath(txids),
          version: given.version,
          nbits: given.nbits,
          ntime,
          cleanJobs: given.cleanJobs,
        };
        // The miner sees the job and the pool sees the share only through their lines.
        const heard = Notify.parseParams(Notify.formatParams(job));
        expect(heard).toEqual(job);
        const share = { workerName: 'w', jobId: '1', extranonce2, ntime, nonce, versionBits };
        expect(Submit.parseParams(Submit.formatParams(share))).toEqual(share);

        const header = shareHeader(heard, share, extranonce1, { versionMask });
        const coinbase = new Uint8Array([...prefix, ...extranonce1, ...extranonce2, ...suffix]);
        expect(header.merkleRoot).toEqual(merkleRoot([portableHash.sha256d(coinbase), ...txids]));
        expect(header.merkleRoot).toEqual(foldMerklePath(portableHash.sha256d(coinbase), job.merklePath));
        expect((header.version ^ job.version) & ~versionMask).toBe(0);
        expect(encodeHeader(header).length).toBe(80);
      }),
      propertyOptions(100),
    );
  });
});
