import { portableHash } from '@stratumkit/bitcoin';
import { createPortableJobHasher, type JobHasherInput } from '@stratumkit/channels';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createFastJobHasher } from '../src/index.ts';
import { hex, seededRandom } from './support.ts';

const createReference = createPortableJobHasher(portableHash);
const upTo = (maxLength: number) => fc.uint8Array({ maxLength });
const branch = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('job hasher equals the reference', () => {
  it('for any job, one after the other and mixed', () => {
    const job = fc.record({
      coinbasePrefix: upTo(150),
      extranoncePrefix: upTo(20),
      extranonceSize: fc.nat(32),
      coinbaseSuffix: upTo(200),
      merklePath: fc.array(branch, { maxLength: 14 }),
    });
    fc.assert(
      fc.property(fc.array(job, { minLength: 1, maxLength: 4 }), fc.string(), (jobs, seed) => {
        const random = seededRandom(seed);
        const pairs = jobs.map((input) => [input, createFastJobHasher(input), createReference(input)] as const);
        for (let round = 0; round < 3; round++) {
          for (const [{ extranonceSize }, fast, reference] of pairs) {
            const extranonce = random(extranonceSize);
            const [one, two] = [new Uint8Array(80), new Uint8Array(80)];
            fast.merkleRootInto(extranonce, one, 36);
            reference.merkleRootInto(extranonce, two, 36);
            expect(hex(one)).toBe(hex(two));
          }
        }
      }),
      { seed: 21, numRuns: 300 },
    );
  });

  it('whatever lies where in the blocks of the coinbase', () => {
    const random = seededRandom('layouts');
    for (let start = 0; start <= 130; start++) {
      for (const suffix of [0, 1, 47, 48, 55, 56, 63, 64]) {
        const input = inputOf(random, start, 8, suffix, 1);
        const extranonce = random(8);
        expect(rootOf(createFastJobHasher, input, extranonce)).toBe(rootOf(createReference, input, extranonce));
      }
    }
  });

  it('at the largest sizes a message can carry, and refuses larger ones', () => {
    const random = seededRandom('large');
    const input = inputOf(random, 65_535, 32, 65_535, 255);
    const extranonce = random(32);
    expect(rootOf(createFastJobHasher, input, extranonce)).toBe(rootOf(createReference, input, extranonce));
    const refusal = expect.objectContaining({ name: 'UsageError', code: 'out-of-range' });
    expect(() => createFastJobHasher({ ...input, coinbaseSuffix: random(66_000) })).toThrow(refusal);
    expect(() => createFastJobHasher({ ...input, merklePath: [...input.merklePath, random(32)] })).toThrow(refusal);
  });
});

type RandomBytes = ReturnType<typeof seededRandom>;

function inputOf(
  random: RandomBytes,
  start: number,
  extranonceSize: number,
  suffix: number,
  branches: number,
): JobHasherInput {
  return {
    coinbasePrefix: random(Math.max(0, start - 4)),
    extranoncePrefix: random(Math.min(4, start)),
    extranonceSize,
    coinbaseSuffix: random(suffix),
    merklePath: Array.from({ length: branches }, () => random(32)),
  };
}

function rootOf(create: typeof createReference, input: JobHasherInput, extranonce: Uint8Array): string {
  const root = new Uint8Array(32);
  create(input).merkleRootInto(extranonce, root, 0);
  return hex(root);
}
