import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KEYS } from '../test/helpers.ts';
import { startPool, startTemplateProvider, stopAll } from '../test/ourRoles.ts';

const TESTS = 200;
const MAIN = join(import.meta.dirname, '../src/main.ts');

/** 200 short tests in one run of the command, each an encrypted connection to a real pool: setup, a channel, its first job. */
export async function run() {
  const folder = mkdtempSync(join(tmpdir(), 'message-generator-'));
  const children = new Set<ChildProcess>();
  try {
    const pool = await startPool(children, await startTemplateProvider(children));
    for (let number = 1; number <= TESTS; number++) {
      writeFileSync(join(folder, `${String(number).padStart(3, '0')}.json`), JSON.stringify(shortTest(number)));
    }
    const seconds = await time(['run', '--jobs', '2', '--peer', `stratum2+tcp://${pool}/${KEYS.pub_key}`, folder]);
    return [{ name: `${TESTS} short tests against a pool, --jobs 2`, unit: 's', median: seconds, samples: 1 }];
  } finally {
    await stopAll(children);
    rmSync(folder, { recursive: true });
  }
}

function time(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--conditions=@stratumkit/source', MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let last = '';
  child.stdout.on('data', (chunk: Buffer) => {
    last = chunk.toString();
  });
  return new Promise((resolve, reject) => {
    child.on('close', (code) => {
      if (code === 0) resolve((performance.now() - started) / 1000);
      else reject(new Error(`exit code ${code}: ${last}`));
    });
  });
}

function shortTest(number: number) {
  const setup = {
    type: 'SetupConnection',
    protocol: 0,
    min_version: 2,
    max_version: 2,
    flags: 0,
    endpoint_host: '127.0.0.1',
    endpoint_port: 0,
    vendor: 'bench',
    hardware_version: '',
    firmware: '',
    device_id: '',
  };
  const open = {
    type: 'OpenExtendedMiningChannel',
    request_id: number,
    user_identity: `bench.${number}`,
    nominal_hash_rate: 1e12,
    max_target: { $repeat: [255, 32] },
    min_extranonce_size: 4,
  };
  return {
    version: '2',
    role: 'client',
    downstream: { ip: '127.0.0.1', port: 1, pub_key: KEYS.pub_key },
    actions: [
      { message_ids: [{ message: setup }], results: [{ type: 'expect', message: 'SetupConnection.Success' }] },
      {
        message_ids: [{ message: open }],
        results: [
          { type: 'expect', message: 'OpenExtendedMiningChannel.Success', fields: { request_id: number } },
          { type: 'wait_for', message: 'SetNewPrevHash' },
        ],
      },
    ],
  };
}
