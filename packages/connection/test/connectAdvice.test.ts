import { expect, it } from 'vitest';
import { connectAdvice } from '../src/index.ts';

it.each([
  ['wrong-authority', /compare the key/],
  ['setup-error: unsupported-protocol', /another protocol/],
  ['peer-closed', /another version/],
  ['handshake-unanswered', /check the port/],
  ['handshake-timeout', /check the port/],
  ['connect-failed', /nothing listens/],
  ['connect-failed: ECONNREFUSED', /nothing listens/],
  ['connect-failed: ENOTFOUND', /no machine has this name/],
  ['connect-failed: toString', /nothing listens/],
  ['probe', /Stratum V2/],
])('says what to do about %s', (reason, advice) => expect(connectAdvice(reason)).toMatch(advice));

it.each(['shutdown', 'nonsense', 'toString', ''])('has nothing to say about "%s"', (reason) =>
  expect(connectAdvice(reason)).toBeUndefined(),
);
