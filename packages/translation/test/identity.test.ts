import { describe, expect, it } from 'vitest';
import { channelIdentity, isPayoutIdentity, workerOf } from '../src/index.ts';

const ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';
const SOLO = `sri/solo/${ADDRESS}/rig`;

describe('the identity of a miner’s channel', () => {
  it.each([
    // configured, user name, identity
    ['farm', 'alice.rig7', 'farm.rig7'],
    ['farm', 'alice', 'farm.alice'],
    ['farm', 'alice.rig.7', 'farm.rig.7'],
    ['farm', 'alice.', 'farm.alice.'],
    ['', 'alice.rig7', 'alice.rig7'],
    ['farm', SOLO, SOLO],
    ['farm', `sri/donate/5/${ADDRESS}/rig`, `sri/donate/5/${ADDRESS}/rig`],
    ['farm', `${ADDRESS}.rig`, `${ADDRESS}.rig`],
    [SOLO, 'alice.rig7', SOLO],
    [ADDRESS, 'alice.rig7', `${ADDRESS}.rig7`],
  ])('configured as %j for %j is %j', (configured, workerName, identity) => {
    expect(channelIdentity(configured, workerName)).toBe(identity);
  });

  it('is printable and fits a STR0_255, whatever a miner calls itself', () => {
    expect(channelIdentity('farm', 'a.\u0000r\u202eig\n')).toBe('farm.rig');
    const long = channelIdentity('farm', '€'.repeat(255));
    expect(new TextEncoder().encode(long).length).toBeLessThanOrEqual(255);
    expect(long.endsWith('€')).toBe(true);
  });

  it('says whom to pay or not', () => {
    expect(isPayoutIdentity('sri/donate')).toBe(true);
    expect(isPayoutIdentity(`${ADDRESS}.rig`)).toBe(true);
    expect(isPayoutIdentity('alice.rig')).toBe(false);
    // A digit off: no address.
    expect(isPayoutIdentity(`${ADDRESS.slice(0, -1)}5`)).toBe(false);
  });
});

it.each([
  ['alice.rig7', 'rig7'],
  ['alice', 'alice'],
  ['alice.', 'alice.'],
  [SOLO, 'rig'],
  [`sri/donate/5/${ADDRESS}/rig`, 'rig'],
  ['sri/donate/rig', 'rig'],
  [`${ADDRESS}.rig`, 'rig'],
])('the worker of %j is %j', (workerName, worker) => {
  expect(workerOf(workerName)).toBe(worker);
});
