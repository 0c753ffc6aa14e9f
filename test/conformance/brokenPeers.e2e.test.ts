import {
  type ConformanceTest,
  readConformanceTests,
  TESTED_ROLES,
  type TestedRole,
} from '@stratumkit/message-generator';
import { describe, expect, it } from 'vitest';
import { type BrokenPeer, compareWith, failuresOf, nameOf, readBrokenPeers } from './brokenPeers.ts';
import { startScene } from './scenes.ts';

/** Peers at a time, each with a role of its own. */
const SCENES = 6;
const JOBS = 8;
/** Tests that a peer has to pass here, beside those that it fails; `scripts/conformance/matrix.ts` runs them all. */
const OTHERS = 3;

describe.each([...TESTED_ROLES])('the broken peers of %s', (role) => {
  const tests = readConformanceTests(role);
  const peers = readBrokenPeers(role);

  it('make every test fail, each for the sentence of the tests it is made for', () => {
    const failed = new Set(peers.flatMap(({ fails }) => fails));
    expect(tests.map(nameOf).filter((name) => !failed.has(name))).toEqual([]);
    expect([...failed].filter((name) => !tests.some((test) => nameOf(test) === name))).toEqual([]);
  });

  it('fail their tests and no others', { timeout: 300_000 }, async () => {
    const wrong: unknown[] = [];
    await inScenes(role, peers, async (peer, scene) => {
      const results = await failuresOf(role, peer, chosenFor(peer, tests, peers.indexOf(peer)), scene, JOBS);
      const failed = results.filter(({ report }) => report.outcome === 'failed').map(({ test }) => nameOf(test));
      const { missing, more } = compareWith(peer, failed);
      if (missing.length + more.length > 0) wrong.push({ peer: peer.id, missing, more });
    });
    expect(wrong).toEqual([]);
  });
});

function chosenFor(peer: BrokenPeer, tests: readonly ConformanceTest[], index: number): readonly ConformanceTest[] {
  const meant = [...peer.fails, ...(peer.also ?? [])];
  const step = Math.floor(tests.length / OTHERS);
  const others = Array.from({ length: OTHERS }, (_, at) => tests[(index + at * step) % tests.length]);
  return tests.filter((test) => meant.includes(nameOf(test)) || others.includes(test));
}

async function inScenes(
  role: TestedRole,
  peers: readonly BrokenPeer[],
  run: (peer: BrokenPeer, scene: Awaited<ReturnType<typeof startScene>>) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    const scene = await startScene(role, 'plain');
    try {
      for (let peer = peers[next++]; peer !== undefined; peer = peers[next++]) await run(peer, scene);
    } finally {
      await scene.close();
    }
  };
  await Promise.all(Array.from({ length: SCENES }, worker));
}
