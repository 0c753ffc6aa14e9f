import type { JsonObject, JsonValue } from '@stratumkit/codec';
import { formatJson } from '@stratumkit/codec';
import { parseTestText, type RunOptions, runTest, type TestReport } from '../src/index.ts';

export const KEYS = {
  pub_key: '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72',
  secret_key: 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n',
} as const;

/** Long enough for a busy machine: nothing waits that long unless something is wrong. */
const PATIENT = { receiveMs: 10_000, acceptMs: 10_000, connectMs: 10_000, watchMs: 10_000 };

/** The port that stands for the one the server got. */
const PEER_PORT = 1;

export type Test = { readonly [key: string]: JsonValue };

/** Messages that most tests need. */
export const MESSAGES = {
  common_messages: [
    {
      id: 'setup',
      message: {
        type: 'SetupConnection',
        protocol: 0,
        min_version: 2,
        max_version: 2,
        flags: 0,
        endpoint_host: '',
        endpoint_port: 0,
        vendor: 'v',
        hardware_version: '',
        firmware: '',
        device_id: '',
      },
    },
    { id: 'setup_ok', message: { type: 'SetupConnectionSuccess', used_version: 2, flags: 0 } },
  ],
  mining_messages: [
    { id: 'bye', message: { type: 'CloseChannel', channel_id: 7, reason_code: 'done' } },
    {
      id: 'open_ok',
      message: {
        type: 'OpenExtendedMiningChannelSuccess',
        request_id: 90,
        channel_id: 3,
        target: new Array(32).fill(255),
        extranonce_size: 16,
        extranonce_prefix: [1, 2, 3, 4],
        group_channel_id: 0,
      },
    },
    {
      id: 'job',
      message: {
        type: 'NewExtendedMiningJob',
        channel_id: 3,
        job_id: 9,
        min_ntime: [1_700_000_000],
        version: 0x20000000,
        version_rolling_allowed: true,
        merkle_path: [new Array(32).fill(1), new Array(32).fill(2)],
        coinbase_tx_prefix: [1, 2, 3],
        coinbase_tx_suffix: [4],
      },
    },
    {
      id: 'credit',
      message: {
        type: 'SubmitSharesSuccess',
        channel_id: 3,
        last_sequence_number: 1,
        new_submits_accepted_count: 1,
        new_shares_sum: 18_446_744_073_709_551_615n,
      },
    },
  ],
} as const satisfies Test;

export const BUILDERS = {
  frame_builders: ['setup', 'setup_ok', 'bye', 'open_ok', 'job', 'credit'].map((id) => ({
    type: 'automatic',
    message_id: id,
  })),
} as const satisfies Test;

const EMPTY = { setup_commands: [], execution_commands: [], cleanup_commands: [], frame_builders: [] } as const;

export interface PairOptions extends RunOptions {
  readonly compat?: boolean;
  readonly encrypted?: boolean;
  readonly version?: '1' | '2';
  /** The test at this end; the other is its peer and always strict. */
  readonly tested?: 'client' | 'server';
}

/** Plays two tests against each other: `server` listens on a free port, `client` connects there. */
export async function play(
  server: Test,
  client: Test,
  options: PairOptions = {},
): Promise<{ readonly server: TestReport; readonly client: TestReport }> {
  const { encrypted = false, compat = false, version = '2', tested = 'client', ...run } = options;
  const keys = encrypted ? KEYS : {};
  const base = { version, ...EMPTY };
  const serverText = formatJson({
    ...base,
    ...MESSAGES,
    ...(compat && tested === 'server' ? BUILDERS : {}),
    role: 'server',
    upstream: { ip: '127.0.0.1', port: 0, ...keys },
    ...server,
  } as JsonObject);
  const { secret_key: _secret, ...publicOnly } = { secret_key: '', ...keys };
  const clientText = formatJson({
    ...base,
    ...MESSAGES,
    ...(compat && tested === 'client' ? BUILDERS : {}),
    role: 'client',
    downstream: { ip: '127.0.0.1', port: PEER_PORT, ...publicOnly },
    ...client,
  } as JsonObject);
  const serverPlan = parseTestText(serverText, 'server.json', { compat: compat && tested === 'server' });
  const clientPlan = parseTestText(clientText, 'client.json', { compat: compat && tested === 'client' });
  return new Promise((resolve, reject) => {
    let other: Promise<TestReport> | undefined;
    const serverOptions = tested === 'server' ? run : {};
    const clientOptions = tested === 'client' ? run : {};
    runTest(serverPlan, {
      seed: 1,
      timeouts: PATIENT,
      ...serverOptions,
      onListening: (_name, port) => {
        other = runTest(clientPlan, {
          seed: 1,
          timeouts: PATIENT,
          ...clientOptions,
          ports: { [PEER_PORT]: port },
        });
      },
    }).then(async (report) => {
      if (other === undefined) throw new Error(`the server never listened: ${JSON.stringify(report.failures)}`);
      resolve({ server: report, client: await other });
    }, reject);
  });
}

/** Keeps a side's connection open until the other has closed it. */
export function waitForEnd(role: 'client' | 'server'): readonly JsonValue[] {
  return [{ role, message_ids: [], results: [{ type: 'close_connection' }] }];
}
