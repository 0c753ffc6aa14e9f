/** Runs every test of the roles against every broken peer of them: `matrix.ts [ROLE [PEER...]]`. Says which peers fail other tests than they should. */
import { readConformanceTests, TESTED_ROLES } from '@stratumkit/message-generator';
import { readBrokenPeers } from '../../test/conformance/brokenPeers.ts';
import { type MatrixRow, runMatrix } from '../../test/conformance/matrix.ts';

const [wanted, ...ids] = process.argv.slice(2);
const roles = TESTED_ROLES.filter((name) => wanted === undefined || name === wanted);
if (roles.length === 0) throw new Error(`matrix.ts [ROLE [PEER...]]: ROLE is one of ${TESTED_ROLES.join(', ')}`);
let wrong = 0;

for (const role of roles) {
  const all = readBrokenPeers(role);
  const unknown = ids.filter((id) => !all.some((peer) => peer.id === id));
  if (unknown.length > 0) throw new Error(`${role} has no broken peer ${unknown.join(', ')}`);
  const peers = all.filter(({ id }) => ids.length === 0 || ids.includes(id));
  const rows = await runMatrix(role, peers, { onRow: show });
  const notAsSaid = rows.filter(({ missing, more }) => missing.length + more.length > 0).length;
  console.log(`${role}: ${readConformanceTests(role).length} tests, ${peers.length} peers, ${notAsSaid} not as said`);
  wrong += notAsSaid;
}
process.exit(wrong === 0 ? 0 : 1);

function show({ peer, failed, missing, more }: MatrixRow): void {
  console.log(missing.length + more.length === 0 ? 'as said' : 'NOT    ', `${peer.id}: ${failed.join(', ')}`);
  if (more.length > 0) console.log(`        fails, too: ${more.join(', ')}`);
  if (missing.length > 0) console.log(`        does not fail: ${missing.join(', ')}`);
}
