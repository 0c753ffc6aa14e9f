/**
 * Stands for `cargo` in the example files, which start their roles with it: `cargo run MOCK.json` plays the mock, `cargo run -p ROLE -- -c
 * CONFIG` starts our role if the test asks for it, and otherwise a scripted peer of that name, or only prints what is waited for.
 */
import type { ChildProcess } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { currentProcess } from '@stratumkit/runtime';
import { runProgram } from '../../src/cli/program.ts';
import { runTestFile } from '../../src/index.ts';
import { KEYS } from '../helpers.ts';
import { logged, startApp, startPool, startTemplateProvider } from '../ourRoles.ts';

const here = import.meta.dirname;
/** Killed with the group of this process, which ends with the test. */
const children = new Set<ChildProcess>();
const { STANDIN_FOLDER = '', STANDIN_PORTS = '{}', STANDIN_OURS = '', STANDIN_PEERS = '{}' } = process.env;
const ours = STANDIN_OURS.split(',');
const ports = JSON.parse(STANDIN_PORTS) as Record<string, number>;
const peers = JSON.parse(STANDIN_PEERS) as Record<string, string>;

/** What the files wait for, all spellings of it. */
const READY_LINES: Readonly<Record<string, readonly string[]>> = {
  pool_sv2: ['127.0.0.1:34254', '0.0.0.0:34254', '127.0.0.1:44254'].map(
    (at) => `Listening for encrypted connection on: ${at}`,
  ),
  jd_server: ['JD INITIALIZED'],
  jd_client: ['Listening for downstream mining connections on 0.0.0.0:34265'],
  translator_sv2: ['PROXY SERVER - ACCEPTING FROM UPSTREAM:', 'Received SetNewPrevHash'],
  mining_proxy_sv2: ['Listening for downstream mining connections on 127.0.0.1:34255'],
  mining_device_sv1: ['Found share with nonce: 1'],
  'mining-device': ['start', 'SUCCESS SubmitSharesSuccess'],
};

const configFile = process.argv.at(-1) ?? '';
const args = process.argv.slice(2).filter((word) => word !== 'llvm-cov' && word !== '--no-report' && word !== 'run');

async function playMock(path: string): Promise<void> {
  console.error(`     Running \`target/debug/message_generator_sv2 ${path}\``);
  const file = join(here, '../examples/mock', basename(path));
  const mapped = Object.entries(ports).flatMap(([from, to]) => ['--map-port', `${from}=${to}`]);
  const edge = { ...currentProcess(), argv: ['run', '--compat', ...mapped, file] };
  process.exit(await runProgram({ ...edge, environment: { ...process.env, RUST_LOG: 'info' } }));
}

async function startRole(role: string): Promise<void> {
  appendFileSync(join(STANDIN_FOLDER, `${role}.pids`), `${process.pid}\n`);
  process.on('exit', () => {
    for (const child of children) child.kill('SIGKILL');
  });
  process.on('SIGINT', () => process.exit(0));
  process.on('SIGTERM', () => process.exit(0));
  const starter = ours.includes(role) ? STARTERS[role] : undefined;
  if (starter !== undefined) await starter();
  else if (peers[role] !== undefined) await startPeer(role, peers[role]);
  else printReady(role);
  setInterval(() => undefined, 60_000);
}

function printReady(role: string): void {
  for (const line of READY_LINES[role] ?? []) console.log(line);
}

/** A peer that follows a script. Its failure is left in a file for the test to find. */
async function startPeer(role: string, name: string): Promise<void> {
  const file = join(here, 'peers', `${name}.json`);
  const listens = name.startsWith('pool') || name.startsWith('jd');
  if (!listens) printReady(role);
  let isListening = !listens;
  const onListening = () => {
    isListening = true;
    printReady(role);
  };
  const report = runTestFile(file, { seed: 1, ports, onListening });
  void report.then(({ outcome, failures, problems }) => {
    const text = JSON.stringify({ name, outcome, messages: [...failures, ...problems].map(({ message }) => message) });
    appendFileSync(join(STANDIN_FOLDER, 'peers.log'), `${text}\n`);
    // Nobody would be told that it is ready: whoever waits for that has to see its end.
    if (!isListening) process.exit(1);
  });
}

/** Our roles under the names that the files give them. Each prints what is waited for when that is true of it. */
const STARTERS: Readonly<Record<string, () => Promise<void>>> = {
  async pool_sv2() {
    const port = configFile.includes('different-port') ? '44254' : '34254';
    await startPool(children, await startTemplateProvider(children), ports[port]);
    printReady('pool_sv2');
  },
  async mining_proxy_sv2() {
    // The first has nobody behind it: the proxy has to bear that.
    const upstreams = ['34264', '34254', '44254'].map(
      (port) => `stratum2+tcp://127.0.0.1:${ports[port]}/${KEYS.pub_key}`,
    );
    const flags = ['--listen', `127.0.0.1:${ports['34255']}`, '--user-identity', 'u', '--upstream', upstreams.join()];
    const environment = { PROXY__AUTHORITY_SECRET_KEY: KEYS.secret_key };
    await logged(
      startApp(children, 'proxy', [...flags, '--shares-per-minute', '600'], environment),
      /"msg":"listening"/,
    );
    printReady('mining_proxy_sv2');
  },
  async 'mining-device'() {
    console.log('start');
    const upstream = ['--upstream', `stratum2+tcp://127.0.0.1:${ports['34255']}`, '--log-level', 'trace'];
    const security = ours.includes('mining_proxy_sv2') ? '--unverified' : '--insecure';
    const device = startApp(children, 'mining-device', [...upstream, security, '--hashrate', '100k']);
    void logged(device, /"msg":"shares accepted"/).then(() => console.log('SUCCESS SubmitSharesSuccess'));
  },
  async translator_sv2() {
    const environment = {
      TPROXY__UPSTREAMS__0__ADDRESS: '127.0.0.1',
      TPROXY__UPSTREAMS__0__PORT: String(ports['34254']),
      TPROXY__UPSTREAMS__0__AUTHORITY_PUBKEY: KEYS.pub_key,
      TPROXY__DOWNSTREAM_DIFFICULTY_CONFIG__MIN_INDIVIDUAL_MINER_HASHRATE: '100000',
      TPROXY__DOWNSTREAM_DIFFICULTY_CONFIG__SHARES_PER_MINUTE: '600',
    };
    const flags = ['--downstream-port', String(ports['34255']), '--user-identity', 'u', '--aggregate-channels'];
    const translator = startApp(children, 'translator', flags, environment);
    await logged(translator, /"msg":"listening"/);
    printReady('translator_sv2');
  },
  async mining_device_sv1() {
    const upstream = ['--protocol', 'sv1', '--upstream', `stratum+tcp://127.0.0.1:${ports['34255']}`];
    const device = startApp(children, 'mining-device', [...upstream, '--hashrate', '100k', '--log-level', 'trace']);
    await logged(device, /"msg":"share accepted"/);
    printReady('mining_device_sv1');
  },
};

if (args[0] === '-p') await startRole(args[1] ?? '');
else await playMock(args[0] ?? '');
