import { describe, expect, it } from 'vitest';
import { decideMiningSetup, supportedMiningFlags } from '../../src/index.ts';

const request = (changes: object) => ({
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '',
  endpointPort: 0,
  vendor: '',
  hardwareVersion: '',
  firmware: '',
  deviceId: '',
  ...changes,
});

describe('SetupConnection on a mining connection', () => {
  it.each([
    ['nothing wanted', {}, { accept: true, flags: 0 }],
    ['standard jobs', { flags: 0b001 }, { accept: true, flags: 0 }],
    ['work selection', { flags: 0b010 }, { accept: true, flags: 0b10 }],
    ['version rolling', { flags: 0b100 }, { accept: true, flags: 0 }],
    ['a range of versions', { minVersion: 1, maxVersion: 9 }, { accept: true, flags: 0 }],
    ['another protocol', { protocol: 2 }, { accept: false, flags: 0, errorCode: 'unsupported-protocol' }],
    [
      'only newer',
      { minVersion: 3, maxVersion: 9 },
      { accept: false, flags: 0, errorCode: 'protocol-version-mismatch' },
    ],
    [
      'only older',
      { minVersion: 0, maxVersion: 1 },
      { accept: false, flags: 0, errorCode: 'protocol-version-mismatch' },
    ],
    ['all flags', { flags: 0xffffffff }, { accept: false, flags: 0xfffffff8, errorCode: 'unsupported-feature-flags' }],
    [
      'all flags in a version that is not there',
      { flags: 0xffffffff, maxVersion: 1 },
      { accept: false, flags: 0xfffffff8, errorCode: 'protocol-version-mismatch' },
    ],
    [
      'standard jobs with work selection, which leaves no channel to open',
      { flags: 0b011 },
      { accept: false, flags: 0b011, errorCode: 'unsupported-feature-flags' },
    ],
  ])('%s', (_, changes, decision) => {
    expect(decideMiningSetup(request(changes), { versionRollingAllowed: true })).toEqual(decision);
  });

  it.each([
    [0b000, { accept: true, flags: 0b01 }],
    [0b010, { accept: true, flags: 0b11 }],
    [0b100, { accept: false, flags: 0b100, errorCode: 'unsupported-feature-flags' }],
    [0b1100, { accept: false, flags: 0b1100, errorCode: 'unsupported-feature-flags' }],
  ])('with a fixed version, flags %i', (flags, decision) => {
    expect(decideMiningSetup(request({ flags }), { versionRollingAllowed: false })).toEqual(decision);
    expect(supportedMiningFlags({ versionRollingAllowed: false })).toBe(0b011);
  });
});
