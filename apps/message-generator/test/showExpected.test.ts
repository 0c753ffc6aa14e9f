import { expect, it } from 'vitest';
import { showExpected } from '../src/run/checks.ts';
import { createRandom } from '../src/values/random.ts';

const scope = { random: createRandom(1, 'x'), variables: new Map([['told', 1000]]) };

it.each([
  [{ $range: [{ $add: [{ $var: 'told' }, 1] }, null] }, 'at least 1001'],
  [{ $range: [null, 5] }, 'at most 5'],
  [{ $range: [1, 5] }, 'from 1 to 5'],
  [{ $range: [null, { $var: 'nobody' }] }, 'at most {"$var":"nobody"}'],
  [{ $var: 'told' }, '1000 (told)'],
])('%j reads as %s', (expected, text) => {
  expect(showExpected(expected, scope)).toBe(text);
});
