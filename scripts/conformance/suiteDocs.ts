import {
  type ConformanceTest,
  readConformanceTests,
  TESTED_ROLES,
  type TestedRole,
} from '@stratumkit/message-generator';
import { type BrokenPeer, nameOf, readBrokenPeers } from '../../test/conformance/brokenPeers.ts';
import { page, table } from '../markdown.ts';

/** Where the page goes. */
export const SUITE_PAGE: URL = new URL('../../docs/conformance-suite.md', import.meta.url);

const NOTICE =
  '<!-- Written by `pnpm docs` from apps/message-generator/conformance and test/conformance/brokenPeers. Do not edit. -->';

interface RoleSuite {
  readonly role: TestedRole;
  readonly tests: readonly ConformanceTest[];
  readonly peers: readonly BrokenPeer[];
}

/** The page: how many tests there are, which sentences they are for, and which broken peers fail them. */
export function suitePage(): string {
  const suites = TESTED_ROLES.map((role) => ({
    role,
    tests: readConformanceTests(role),
    peers: readBrokenPeers(role),
  }));
  const count = (list: readonly RoleSuite[], of: (suite: RoleSuite) => number) =>
    String(list.reduce((sum, suite) => sum + of(suite), 0));
  const row = (name: string, list: readonly RoleSuite[]) => [
    name,
    count(list, ({ tests }) => tests.length),
    count(list, ({ tests }) => tests.filter(({ about }) => about.level === 'MUST').length),
    count(list, ({ tests }) => tests.filter(({ about }) => about.level === 'SHOULD').length),
    count(list, ({ peers }) => peers.length),
  ];
  return page(NOTICE, [
    '# The conformance suite',
    '`message-generator conformance` holds a pool, proxy, translator, template provider or device to the sentences of the specification that can be seen from outside; [check-your-pool.md](check-your-pool.md) shows how. Each test is failed by a broken peer: one of our own roles with one deviation. `pnpm conformance:matrix` runs every test against every broken peer; it fails for those that the tables name and for no other. Our five roles pass every test. Tests of this repository (`test/conformance`) hold the roles to all of that, and each peer to the tests it is named for and a tenth of the others.',
    table(
      ['role', 'tests', 'MUST', 'SHOULD', 'broken peers'],
      [...suites.map((suite) => row(suite.role, [suite])), row('all', suites)],
    ),
    ...suites.flatMap(roleSections),
  ]);
}

function roleSections({ role, tests, peers }: RoleSuite): readonly string[] {
  const failing = (name: string) => peers.filter(({ fails }) => fails.includes(name)).map(({ id }) => `\`${id}\``);
  return [
    `## ${role}`,
    table(
      ['section', 'test', 'level', 'proves', 'failed by'],
      tests.map((test) => [
        test.about.section,
        `[${nameOf(test)}](../apps/message-generator/conformance/${test.about.id}.json)`,
        test.about.level,
        test.about.proves,
        failing(nameOf(test)).join(', '),
      ]),
    ),
    `### Broken peers of ${role}`,
    table(
      ['peer', 'deviation', 'fails', 'fails for that, too'],
      peers.map((peer) => [`\`${peer.id}\``, peer.does, peer.fails.join(', '), alsoFailed(peer)]),
    ),
  ];
}

function alsoFailed({ also = [] }: BrokenPeer): string {
  const parts = also.map(({ because, tests, byChance }) => {
    const names = tests.join(', ');
    return `${names} (${because}${byChance === true ? '; some may pass, by chance' : ''})`;
  });
  return parts.join('<br>');
}
