import { describe, expect, it } from 'vitest';
import { DISTURBED } from '../src/conformance/summary.ts';
import { formatSuite } from '../src/conformance/terminal.ts';
import { parseTestText, runSuite, runTest, type SuiteTarget } from '../src/index.ts';

const about = { id: 'pool/x', section: '5.3.13', sentence: 's', level: 'MUST', spec: 'c', proves: 'p' };
const tip = (hash: number) => ({
  message: {
    type: 'SetNewPrevHash',
    section: 'mining_messages',
    channel_id: 1,
    job_id: 1,
    prev_hash: new Array(32).fill(hash),
    min_ntime: 1,
    nbits: 1,
  },
});
const late = { message: { type: 'SubmitSharesError', channel_id: 1, sequence_number: 1, error_code: 'stale-share' } };
const credit = {
  message: {
    type: 'SubmitSharesSuccess',
    channel_id: 1,
    last_sequence_number: 1,
    new_submits_accepted_count: 1,
    new_shares_sum: 1,
  },
};
const refusal = { message: { ...late.message, error_code: 'invalid-share' } };

/** A test that waits for credit. */
const wantsCredit = (more: object = {}) => {
  const plan = parseTestText(
    JSON.stringify({
      version: '2',
      conformance: about,
      connections: [{ name: 'role', role: 'client', tested: true }],
      actions: [
        {
          connection: 'role',
          skip_messages: ['SetNewPrevHash'],
          message_ids: [],
          results: [{ type: 'expect', message: 'SubmitSharesSuccess' }],
        },
      ],
      ...more,
    }),
    'x.json',
  );
  return { about: plan.about!, plan };
};

/** A role that says one of these things to each test, the last one from then on. */
function roleThatSays(...turns: readonly (readonly object[])[]) {
  const starts: number[] = [];
  const target = (): Promise<SuiteTarget> => {
    const says = turns[Math.min(starts.length, turns.length - 1)]!;
    starts.push(says.length);
    const role = {
      version: '2',
      role: 'server',
      upstream: { ip: '127.0.0.1', port: 0 },
      actions: [{ message_ids: says, results: [{ type: 'close_connection' }] }],
    };
    return new Promise((resolve) => {
      const run = runTest(parseTestText(JSON.stringify(role), 'role.json'), {
        onListening: (_name, port) =>
          resolve({
            subject: { address: { host: '127.0.0.1', port }, security: { type: 'plain' } },
            close: () => run.then(() => undefined),
          }),
      });
    });
  };
  return { starts, target };
}

describe('a test whose role went on to another block', () => {
  it.each([
    ['a new tip came before the refusal', [tip(1), tip(2), refusal]],
    ['the share was late before the tip was told', [tip(1), late]],
  ])('runs again where %s', async (_, first) => {
    const { starts, target } = roleThatSays(first, [tip(2), credit]);
    const seen: string[] = [];
    const onResult = ({ report }: { report: { outcome: string } }) => void seen.push(report.outcome);
    const results = await runSuite({ tests: [wantsCredit()], jobs: 1, seed: 1, target, onResult });
    expect(results).toMatchObject([{ report: { outcome: 'passed' } }]);
    expect(starts).toHaveLength(2);
    expect(seen).toEqual(['passed']);
  });

  it('fails after four times, and the report says what may be why', async () => {
    const { starts, target } = roleThatSays([tip(1), tip(2), refusal]);
    const results = await runSuite({ tests: [wantsCredit()], jobs: 1, seed: 1, target });
    expect(results).toMatchObject([{ report: { outcome: 'failed' } }]);
    expect(starts).toHaveLength(4);
    expect(formatSuite(results, () => '')).toContain(DISTURBED);
  });

  it.each([
    ['one tip', [tip(1), tip(1), refusal], {}],
    ['a block of its own', [tip(1), tip(2), refusal], { conformance: { ...about, alone: true } }],
  ])('runs once for %s', async (_, says, more) => {
    const { starts, target } = roleThatSays(says);
    const results = await runSuite({ tests: [wantsCredit(more)], jobs: 1, seed: 1, target });
    expect(results).toMatchObject([{ report: { outcome: 'failed' } }]);
    expect(starts).toHaveLength(1);
    expect(formatSuite(results, () => '')).not.toContain(DISTURBED);
  });
});
