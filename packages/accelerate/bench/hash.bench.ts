import { portableHash } from '@stratumkit/bitcoin';
import type { Bench } from 'tinybench';
import { fastHash } from '../src/index.ts';
import { BATCH, repeat, seededRandom, sink } from './support.ts';

export function register(bench: Bench): void {
  const random = seededRandom('hash');
  const [header, left, right, coinbase, large] = [random(80), random(32), random(32), random(250), random(4_096)];
  const branches = Array.from({ length: 12 }, () => random(32));
  for (const [name, hash] of Object.entries({ portable: portableHash, fast: fastHash })) {
    repeat(bench, `${name}: double SHA-256 of 80 bytes, ${BATCH} times`, () => {
      sink.value ^= hash.sha256d(header)[3]!;
    });
    repeat(bench, `${name}: double SHA-256 of two nodes, ${BATCH} times`, () => {
      sink.value ^= hash.sha256dPair(left, right)[3]!;
    });
    repeat(bench, `${name}: SHA-256 of 4096 bytes, ${BATCH} times`, () => {
      sink.value ^= hash.sha256(large)[3]!;
    });
    repeat(bench, `${name}: coinbase of 250 bytes, 12 branches, header, ${BATCH} times`, () => {
      let root = hash.sha256d(coinbase);
      for (const branch of branches) root = hash.sha256dPair(root, branch);
      header.set(root, 36);
      sink.value ^= hash.sha256d(header)[3]!;
    });
  }
}
