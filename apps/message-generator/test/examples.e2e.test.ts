import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { freePort } from '@stratumkit/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runTestFile, type TestReport } from '../src/index.ts';

const here = import.meta.dirname;
const EXAMPLES = join(here, 'examples/test');
/** The ports that the files name, each replaced by one that is free. */
const FIXED_PORTS = [8442, 34254, 34255, 34264, 44254];

/**
 * The ten tests of the original under --compat, unmodified. `cargo` and `pkill` are stand-ins in front of PATH. `ours` are started for
 * real; `peers` follow a script of test/standins/peers; other roles only print the line that is waited for, because there is no such
 * role here: jd-client, jd-server.
 */
interface Scene {
  readonly ours?: string;
  readonly peers?: Readonly<Record<string, string>>;
}

const SCENES: Readonly<Record<string, Scene>> = {
  // Job declaration is passed by: the translator works for the pool itself.
  'interop-jd-translator.json': { ours: 'pool_sv2,translator_sv2,mining_device_sv1' },
  'interop-proxy-with-multi-ups.json': { ours: 'pool_sv2,mining_proxy_sv2,mining-device' },
  'it_open_test.json': { ours: 'mining-device' },
  'jds-do-not-panic-if-jdc-close-connection.json': { peers: { jd_server: 'jd_server' } },
  'jds-setupconnection-without-async-support.json': { peers: { jd_server: 'jd_server-no-async' } },
  // Our translator opens no channel before a miner is there, and none comes in this test.
  'pool-sri-test-close-channel.json': { peers: { translator_sv2: 'translator-close-channel' } },
  'pool-sri-test-extended_0.json': { ours: 'pool_sv2' },
  // Its coinbase has the BIP141 bytes that the specification forbids now: only against a scripted peer.
  'pool-sri-test-extended_1.json': { peers: { pool_sv2: 'pool-extended_1' } },
  // Its nonce is a share only of one block of 2022: only against a scripted peer.
  'standard-coverage-test.json': { peers: { pool_sv2: 'pool-standard' } },
  'sv1-test.json': { ours: 'pool_sv2,translator_sv2' },
};

/** Some start nine processes, on a machine that does other things too. */
const PATIENCE_MS = 300_000;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'message-generator-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

async function play(file: string, { ours = '', peers = {} }: Scene) {
  const ports = Object.fromEntries(
    await Promise.all(FIXED_PORTS.map(async (port) => [port, await freePort()] as const)),
  );
  const log: string[] = [];
  const report = await runTestFile(join(EXAMPLES, file), {
    compat: true,
    seed: 1,
    ports,
    environment: {
      ...process.env,
      PATH: [join(here, 'standins/bin'), dirname(process.execPath), process.env.PATH].join(delimiter),
      NODE_OPTIONS: '--conditions=@stratumkit/source --disable-warning=ExperimentalWarning',
      STANDIN_FOLDER: folder,
      STANDIN_PORTS: JSON.stringify(ports),
      STANDIN_OURS: ours,
      STANDIN_PEERS: JSON.stringify(peers),
    },
    onLog: (line) => log.push(line),
  });
  return {
    report,
    log,
    pkilled: lines('pkill.log'),
    peers: lines('peers.log').map((line) => JSON.parse(line) as object),
  };
}

function lines(name: string): string[] {
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
}

function expectPassed({ report, log }: { report: TestReport; log: readonly string[] }): void {
  expect(
    report.failures.map(({ message }) => message),
    log.slice(-30).join('\n'),
  ).toEqual([]);
  expect(report.outcome).toBe('passed');
}

describe('the example tests under --compat', () => {
  it('are all here', () => {
    expect(readdirSync(EXAMPLES).sort()).toEqual(Object.keys(SCENES).sort());
  });

  it.each(Object.entries(SCENES))(
    '%s passes',
    async (file, scene) => {
      const played = await play(file, scene);
      expectPassed(played);
      for (const peer of played.peers) expect(peer).toMatchObject({ outcome: 'passed' });
    },
    PATIENCE_MS,
  );

  it('cleanup ends the roles by name, through the stand-in', async () => {
    const { pkilled } = await play('interop-proxy-with-multi-ups.json', {});
    expect(pkilled).toEqual(['pool_sv2', 'mining_proxy_sv2', 'mining-device']);
  });

  it.each([
    ['jds-setupconnection-without-async-support.json', { jd_server: 'jd_server-wrong' }, 'TEST FAILED'],
    ['pool-sri-test-close-channel.json', { translator_sv2: 'translator-stays' }, 'the connection is still open'],
    ['standard-coverage-test.json', { pool_sv2: 'pool-extended_1' }, 'cl'],
  ])('%s fails with the wrong peer', async (file, peers: Record<string, string>, message) => {
    const { report } = await play(file, { peers });
    expect(report.outcome).toBe('failed');
    expect(report.failures.map((failure) => failure.message).join('\n')).toContain(message);
  });
});
