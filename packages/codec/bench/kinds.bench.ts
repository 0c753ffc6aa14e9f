import { ALL_MESSAGES } from '@stratumkit/messages';
import { arbitraryOf, SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import type { Bench } from 'tinybench';

/** Calls per task run, so that the clock's resolution does not matter. */
const CALLS = 64;

/** Keeps results alive, so that no call can be optimised away. */
const sink = { value: 0 };

/** Every message kind there is, on random values with their edges: sequences and strings are longer than in life. */
export function register(bench: Bench): void {
  for (const definition of ALL_MESSAGES) {
    const values = fc.sample(arbitraryOf(definition), { seed: SEED, numRuns: CALLS });
    const payloads = values.map((value) => definition.encode(value));
    const out = new Uint8Array(Math.max(...payloads.map((payload) => payload.length)));
    const name = `${definition.extensionType === 0 ? '' : 'extension: '}${definition.name} (${definition.spec})`;
    bench.add(`decode ${name} x${CALLS}`, () => {
      for (const payload of payloads) sink.value ^= definition.decodePrefix(payload).rest.length;
    });
    bench.add(`encode ${name} x${CALLS}`, () => {
      for (const value of values) sink.value ^= definition.encodeInto(value, out, 0);
    });
  }
}
