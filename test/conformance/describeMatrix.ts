import type { TestedRole } from '@stratumkit/message-generator';
import { describe, expect, it } from 'vitest';
import { meantFor, nameOf, readBrokenPeers } from './brokenPeers.ts';
import { type Choice, runMatrix } from './matrix.ts';

/** Of the tests that a peer has to pass, one in so many is run here, others for each peer; `scripts/conformance/matrix.ts` runs them all. */
const ONE_IN = 10;

/** The tests of one role; a file for each, so that they run beside one another. */
export function describeMatrix(role: TestedRole): void {
  describe(`the broken peers of ${role}`, () => {
    it('fail the tests that are said to find them and no others', { timeout: 300_000 }, async () => {
      const rows = await runMatrix(role, readBrokenPeers(role), { choose });
      const wrong = rows.filter(({ missing, more }) => missing.length + more.length > 0);
      expect(wrong.map(({ peer, missing, more }) => ({ peer: peer.id, missing, more }))).toEqual([]);
      expect(rows.length).toBeGreaterThan(0);
    });
  });
}

const choose: Choice = (tests, peer, index) => {
  const meant = meantFor(peer);
  return tests.filter((test, at) => meant.includes(nameOf(test)) || at % ONE_IN === index % ONE_IN);
};
