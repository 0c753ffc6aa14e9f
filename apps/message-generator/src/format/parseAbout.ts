import { type About, NEEDS, TESTED_ROLES, type TestedRole } from './model.ts';
import type { Node } from './reader.ts';

const ID = /^([a-z-]+)\/[a-z0-9]+(?:-[a-z0-9]+)*$/;

/** What a conformance test says about itself. */
export function parseAbout(node: Node): About | undefined {
  if (!node.exists) return undefined;
  node.warnUnknown(['id', 'section', 'sentence', 'level', 'spec', 'proves', 'needs', 'alone']);
  const id = node.get('id').text();
  const role = ID.exec(id)?.[1];
  const known = TESTED_ROLES.find((name) => name === role);
  if (known === undefined) node.get('id').error(`must be a role and a name: ${TESTED_ROLES.join(', ')}, "/", "a-name"`);
  return {
    id,
    role: known ?? ('pool' satisfies TestedRole),
    section: node.get('section').text(),
    sentence: node.get('sentence').text(),
    level: node.get('level').oneOf(['MUST', 'SHOULD']),
    spec: node.get('spec').text(),
    proves: node.get('proves').text(),
    needs: node
      .get('needs')
      .items({ optional: true })
      .map((need) => need.oneOf(NEEDS)),
    alone: node.get('alone').boolean(false),
  };
}
