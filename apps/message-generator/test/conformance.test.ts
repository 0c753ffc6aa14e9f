import { basename, dirname } from 'node:path';
import { PassThrough } from 'node:stream';
import type { ProcessEdge } from '@stratumkit/runtime';
import { describe, expect, it } from 'vitest';
import { conformanceCommand, findBlock } from '../src/cli/conformanceCommand.ts';
import { escapeHtml, formatSuiteHtml } from '../src/conformance/html.ts';
import { formatSuite } from '../src/conformance/terminal.ts';
import {
  parseTestText,
  readConformanceTests,
  runSuite,
  selectTests,
  TESTED_ROLES,
  type TestedRole,
  type TestReport,
} from '../src/index.ts';

const tests = TESTED_ROLES.flatMap((role) => readConformanceTests(role));

describe('the files of the suite', () => {
  it('are at least 150', () => {
    expect(tests.length).toBeGreaterThanOrEqual(150);
  });

  it('are named like their ids, which are unique', () => {
    expect(tests.map(({ plan }) => `${basename(dirname(plan.file))}/${basename(plan.file, '.json')}`)).toEqual(
      tests.map(({ about }) => about.id),
    );
    expect(new Set(tests.map(({ about }) => about.id)).size).toBe(tests.length);
  });

  it('give no reason for a warning', () => {
    expect(tests.flatMap(({ plan }) => plan.warnings)).toEqual([]);
  });
});

describe('selecting', () => {
  const pool = readConformanceTests('pool');
  const ids = (filters: readonly string[]) => selectTests(pool, filters).map(({ about }) => about.id);

  it('takes ids, patterns, and sections with those below', () => {
    expect(ids(['setup-answered'])).toEqual(['pool/setup-answered']);
    expect(ids(['pool/open-*-request-id'])).toEqual(['pool/open-standard-request-id', 'pool/open-extended-request-id']);
    expect(selectTests(pool, ['5.2']).every(({ about }) => /^5\.2(\.|$)/.test(about.section))).toBe(true);
    expect(ids([])).toHaveLength(pool.length);
  });

  it('refuses what names nothing', () => {
    expect(() => ids(['nothing'])).toThrow('--only nothing');
  });
});

describe('a command that finds no block', () => {
  it.each([
    ['exit 3', 'exit 3 ended with exit code 3'],
    ['kill -9 $$', 'kill -9 $$ ended with SIGKILL'],
    ['no-such-program-here 2> /dev/null', 'no-such-program-here 2> /dev/null ended with exit code 127'],
  ])('%s skips the tests that need one, and the report says why', async (command, why) => {
    const about = { id: 'pool/x', section: '5.3.17', sentence: 's', level: 'MUST', spec: 'c', proves: 'p' };
    const file = JSON.stringify({ version: '2', role: 'none', conformance: about, actions: [{ new_block: true }] });
    const plan = parseTestText(file, 'x.json');
    const test = { about: plan.about!, plan };
    const results = await runSuite({
      tests: [test],
      jobs: 1,
      seed: 1,
      target: async () => ({ subject: {} }),
      newBlock: () => findBlock(command),
    });
    const reason = `no new block: --on-new-block failed: ${why}`;
    expect(results).toMatchObject([{ report: { outcome: 'skipped', reason } }]);
    expect(formatSuite(results, () => '')).toContain(`SKIP  ${reason}\n      pool/x\n`);
  });
});

const flags = (role: TestedRole, more: object) => ({
  role,
  address: undefined,
  authorityKey: undefined,
  plain: true,
  listen: undefined,
  keyFile: undefined,
  start: undefined,
  onNewBlock: undefined,
  only: [],
  list: false,
  jobs: undefined,
  seed: 1,
  timeoutMs: undefined,
  maxHashes: undefined,
  variables: {},
  json: false,
  html: undefined,
  ...more,
});
const edge = { stderr: new PassThrough(), stdout: new PassThrough(), onSignal: () => () => undefined };
const run = (role: TestedRole, more: object) => conformanceCommand(flags(role, more), edge as unknown as ProcessEdge);

describe('what a role is told to do', () => {
  it.each([
    ['pool', {}, '--address HOST:PORT'],
    ['pool', { address: '127.0.0.1:1', html: '/nowhere/x.html' }, '--html /nowhere/x.html cannot be written: ENOENT'],
    ['pool', { address: '127.0.0.1:1', variables: { user_identiy: 'a' } }, 'did you mean user_identity?'],
    ['template-provider', { listen: '127.0.0.1:0' }, '--listen is for a device, pool, proxy, translator'],
    ['template-provider', { start: 'true' }, '--start is for a device, pool, proxy, translator'],
    ['proxy', { listen: '127.0.0.1:0', jobs: 2 }, '--jobs: the role connects here once at a time'],
    ['proxy', { start: 'true', address: '127.0.0.1:1', jobs: 2 }, '--jobs: with --address there is one role at a time'],
  ] as const)('a %s with %j is refused: %s', async (role, more, why) => {
    await expect(run(role, more)).rejects.toThrow(why);
  });
});

describe('a role that does not start', () => {
  it('ends each test at once, with the reason', async () => {
    expect(await run('device', { start: 'exit 3', only: ['sets-up-first'] })).toBe(2);
    expect(String(edge.stdout.read())).toContain('SKIP  not reached: --start failed: exit 3 ended with exit code 3');
  });
});

describe('the page', () => {
  it('shows what a peer says as text', () => {
    const evil = `<img src=x onerror=alert(1)>"'&\u001b[31m\u202e`;
    expect([...'<>"\'`\u001b\u202e'].filter((character) => escapeHtml(evil).includes(character))).toEqual([]);
    const test = tests[0]!;
    const failure = { file: evil, line: 1, action: 1, actionDoc: evil, result: 1, resultType: 'expect', hard: true };
    const comparison = [{ field: evil, expected: evil, received: evil, differs: true }];
    const report: TestReport = {
      file: evil,
      outcome: 'failed',
      failures: [{ ...failure, message: evil, expected: evil, received: evil, comparison }],
      problems: [],
      warnings: [],
      durationMs: 1,
      seed: 1,
      transcript: [{ atMs: 1, connection: evil, direction: 'received', title: evil, detail: evil }],
    };
    const page = formatSuiteHtml([{ test, report }], { role: evil, subject: evil, date: evil, repeat: () => evil });
    expect(page).not.toContain('<img');
    expect(page).not.toContain('\u001b');
    expect(page).toContain("default-src 'none'");
  });
});

describe('the parts of test files that the suite needs', () => {
  const base = { version: '2', connections: [{ name: 'role', role: 'client', tested: true }] };
  const parse = (more: object) => parseTestText(JSON.stringify({ ...base, actions: [], ...more }), 'test.json');

  it('names a procedure that is not there, and one that calls itself', () => {
    expect(() => parse({ actions: [{ call: 'nothing' }] })).toThrow('no procedure "nothing"');
    expect(() => parse({ procedures: { a: [{ call: 'a' }] }, actions: [{ call: 'a' }] })).toThrow('deeper than 16');
  });

  it('names a file to include that is not there', () => {
    expect(() => parse({ include: ['nowhere.json'] })).toThrow('cannot find nowhere.json');
  });

  it('wants a role and a name in the id', () => {
    const about = { id: 'nobody/x', section: '1', sentence: 's', level: 'MUST', spec: 'c', proves: 'p' };
    expect(() => parse({ conformance: about })).toThrow('must be a role and a name');
  });
});
