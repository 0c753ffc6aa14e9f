/** Runs every test of a role against every broken peer of it: `matrix.ts ROLE [PEER...]`. Says which peers fail other tests than they should. */
import { readConformanceTests, TESTED_ROLES } from '@stratumkit/message-generator';
import { compareWith, failuresOf, nameOf, readBrokenPeers } from '../../test/conformance/brokenPeers.ts';
import { startScene } from '../../test/conformance/scenes.ts';

const SCENES = 3;
const JOBS = 6;

const [wanted, ...ids] = process.argv.slice(2);
const role = TESTED_ROLES.find((name) => name === wanted);
if (role === undefined) throw new Error(`matrix.ts ROLE [PEER...]: ${TESTED_ROLES.join(', ')}`);
const tests = readConformanceTests(role);
const peers = readBrokenPeers(role).filter(({ id }) => ids.length === 0 || ids.includes(id));
let next = 0;
let wrong = 0;

await Promise.all(
  Array.from({ length: SCENES }, async () => {
    const scene = await startScene(role, 'plain');
    for (let peer = peers[next++]; peer !== undefined; peer = peers[next++]) {
      const results = await failuresOf(role, peer, tests, scene, JOBS);
      const failed = results.filter(({ report }) => report.outcome === 'failed').map(({ test }) => nameOf(test));
      const { missing, more } = compareWith(peer, failed);
      if (more.length + missing.length > 0) wrong++;
      console.log(more.length + missing.length === 0 ? 'as said' : 'NOT    ', peer.id);
      if (more.length > 0) console.log(`        fails, too: ${more.join(', ')}`);
      if (missing.length > 0) console.log(`        does not fail: ${missing.join(', ')}`);
    }
    await scene.close();
  }),
);
console.log(`${tests.length} tests, ${peers.length} peers, ${wrong} not as said`);
process.exit(wrong === 0 ? 0 : 1);
