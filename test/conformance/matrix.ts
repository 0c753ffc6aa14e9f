import { type ConformanceTest, readConformanceTests, type TestedRole } from '@stratumkit/message-generator';
import { inVirtualTime } from '@stratumkit/testing';
import { type BrokenPeer, compareWith, examine, nameOf } from './brokenPeers.ts';
import { type Scene, startScene } from './scenes.ts';

/** Peers at a time, each with a role of its own. */
const SCENES = 8;
/** Tests at a time against one peer. */
const JOBS = 24;
/** Of tests whose outcome is one of chance: fewer than one in a million runs misses all of them, at targets met by one hash in 200 or less. */
const ATTEMPTS = 3;

/** What one broken peer failed, and where that is not what is said of it. */
export interface MatrixRow {
  readonly peer: BrokenPeer;
  readonly failed: readonly string[];
  readonly missing: readonly string[];
  readonly more: readonly string[];
}

/** Chooses the tests for the nth peer. */
export type Choice = (tests: readonly ConformanceTest[], peer: BrokenPeer, index: number) => readonly ConformanceTest[];

/** Runs tests of a role against its broken peers, each test against each peer unless chosen otherwise. All of it is in this process, so that nobody waits and nothing comes late. */
export function runMatrix(
  role: TestedRole,
  peers: readonly BrokenPeer[],
  { choose = (tests) => tests, onRow }: { readonly choose?: Choice; readonly onRow?: (row: MatrixRow) => void } = {},
): Promise<readonly MatrixRow[]> {
  const tests = readConformanceTests(role);
  const rows: MatrixRow[] = [];
  const failuresOf = async (peer: BrokenPeer, some: readonly ConformanceTest[], scene: Scene) => {
    const results = await examine(role, peer, some, scene, JOBS);
    return results.filter(({ report }) => report.outcome === 'failed').map(({ test }) => nameOf(test));
  };
  let next = 0;
  const worker = async (): Promise<void> => {
    const scene = await startScene(role, 'plain');
    for (let index = next++; index < peers.length; index = next++) {
      const peer = peers[index]!;
      let failed = await failuresOf(peer, choose(tests, peer, index), scene);
      for (let attempt = 1; peer.byChance === true && attempt < ATTEMPTS; attempt++) {
        const { missing } = compareWith(peer, failed);
        const again = tests.filter((test) => missing.includes(nameOf(test)));
        failed = [...failed, ...(await failuresOf(peer, again, scene))];
      }
      const row = { peer, failed, ...compareWith(peer, failed) };
      rows.push(row);
      onRow?.(row);
    }
    await scene.close();
  };
  return inVirtualTime(async () => {
    await Promise.all(Array.from({ length: Math.min(SCENES, peers.length) }, worker));
    return rows;
  });
}
