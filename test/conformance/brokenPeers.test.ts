import { readConformanceTests, TESTED_ROLES } from '@stratumkit/message-generator';
import { describe, expect, it } from 'vitest';
import { meantFor, nameOf, readBrokenPeers } from './brokenPeers.ts';

it.each([...TESTED_ROLES])('the tests for a %s hold nothing that their parser does not know', (role) => {
  expect(readConformanceTests(role).flatMap(({ plan }) => plan.warnings)).toEqual([]);
});

describe.each([...TESTED_ROLES])('the broken peers of %s', (role) => {
  const names = readConformanceTests(role).map(nameOf);
  const peers = readBrokenPeers(role);

  it('make every test fail: each is among those of its sentence for one of them', () => {
    const failed = new Set(peers.flatMap(({ fails }) => fails));
    expect(names.filter((name) => !failed.has(name))).toEqual([]);
  });

  it('each break a sentence, and are named once', () => {
    expect(peers.filter(({ fails, does }) => fails.length === 0 || does === '')).toEqual([]);
    expect(repeated(peers.map(({ id }) => id))).toEqual([]);
  });

  it('name tests that there are, each once, and those of other sentences with a reason', () => {
    for (const peer of peers) {
      const meant = meantFor(peer);
      expect([peer.id, meant.filter((name) => !names.includes(name)), repeated(meant)]).toEqual([peer.id, [], []]);
      const bare = (peer.also ?? []).filter(({ because = '', tests = [] }) => because === '' || tests.length === 0);
      expect([peer.id, bare]).toEqual([peer.id, []]);
    }
  });
});

function repeated(names: readonly string[]): readonly string[] {
  return names.filter((name, index) => names.indexOf(name) !== index);
}
