import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { ConfigError, formatJson, type JsonValue } from '@stratumkit/codec';
import { decodeAuthorityPublicKey, encodeAuthorityPublicKey, publicKeyFromSecret } from '@stratumkit/noise';
import { formatSocketAddress, type ProcessEdge } from '@stratumkit/runtime';
import { type ConformanceTest, readConformanceTests, selectTests } from '../conformance/files.ts';
import { formatSuiteHtml } from '../conformance/html.ts';
import { formatSuiteJson } from '../conformance/json.ts';
import { runSuite, type SuiteResult, type SuiteTarget } from '../conformance/runSuite.ts';
import { countOf } from '../conformance/summary.ts';
import { formatList, formatSuite } from '../conformance/terminal.ts';
import { didYouMean } from '../format/didYouMean.ts';
import type { TestedRole } from '../format/model.ts';
import { type Subject, testedServer } from '../run/connections.ts';
import { parseAddress, parsePeer } from './addresses.ts';
import { authoritySecretKey } from './authorityKey.ts';
import { freeAddress } from './freeAddress.ts';
import { checkWritable } from './outputFile.ts';
import { runShell, startShell } from './shell.ts';

export interface ConformanceFlags {
  readonly role: TestedRole;
  /** `host:port`, or a stratum2+tcp URL with the key. */
  readonly address: string | undefined;
  readonly authorityKey: string | undefined;
  readonly plain: boolean;
  readonly listen: string | undefined;
  /** Holds the authority secret key, as text. */
  readonly keyFile: string | undefined;
  readonly start: string | undefined;
  readonly onNewBlock: string | undefined;
  readonly only: readonly string[];
  readonly list: boolean;
  readonly jobs: number | undefined;
  readonly seed: number;
  readonly timeoutMs: number | undefined;
  readonly maxHashes: number | undefined;
  readonly variables: Readonly<Record<string, JsonValue>>;
  readonly json: boolean;
  readonly html: string | undefined;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

/** Roles that have an upstream which the tester can be. */
const LISTENED_FOR: readonly TestedRole[] = ['device', 'pool', 'proxy', 'translator'];
const DEFAULT_JOBS = 4;
const PREFLIGHT_MS = 5_000;

/** Exit codes: 0 every MUST is kept, 1 one is not, 2 nothing could be tested. */
export async function conformanceCommand(flags: ConformanceFlags, edge: ProcessEdge): Promise<number> {
  const all = readConformanceTests(flags.role);
  const selected = selectTests(all, flags.only);
  if (flags.list) {
    edge.stdout.write(formatList(selected));
    return 0;
  }
  const side = sideOf(flags);
  checkVariables(flags.variables, all);
  if (flags.html !== undefined) checkWritable('--html', flags.html);
  // Where the tester is the upstream, the role may not listen before it is there.
  if (side.address !== undefined && side.listen === undefined) await checkReachable(side.address);
  const tests = side.listen === undefined ? selected : selected.filter(({ plan }) => testedServer(plan) !== undefined);
  if (tests.length < selected.length) {
    edge.stderr.write(`the tester is the upstream: ${tests.length} of ${selected.length} tests, those of that side\n`);
  }
  const abort = new AbortController();
  const release = edge.onSignal(['SIGINT', 'SIGTERM'], () => abort.abort());
  const { onNewBlock, timeoutMs, maxHashes, seed } = flags;
  if (side.listen !== undefined && flags.start === undefined) {
    const what = flags.role === 'pool' ? 'the template provider of the pool is' : `connect the ${flags.role} to`;
    edge.stderr.write(`${what} ${side.url}\n`);
  }
  const jobs = jobsOf(flags, side);
  try {
    const results = await runSuite({
      tests,
      jobs,
      seed,
      variables: flags.variables,
      signal: abort.signal,
      ...(timeoutMs === undefined ? {} : { timeouts: { receiveMs: timeoutMs } }),
      ...(maxHashes === undefined ? {} : { maxHashes }),
      ...(onNewBlock === undefined ? {} : { newBlock: () => findBlock(onNewBlock) }),
      target: () => targetOf(flags, side),
      onResult: ({ test, report }) => void edge.stderr.write(`${report.outcome.padEnd(7)} ${test.about.id}\n`),
    });
    return report(results, flags, side, edge);
  } finally {
    release();
  }
}

function checkVariables(variables: ConformanceFlags['variables'], tests: readonly ConformanceTest[]): void {
  const known = [...new Set(tests.flatMap(({ plan }) => Object.keys(plan.variables)))];
  for (const name of Object.keys(variables)) {
    if (known.includes(name)) continue;
    throw new ConfigError(
      'no-such-variable',
      `--set ${name}: no test has a variable ${name}${didYouMean(name, known)}`,
    );
  }
}

/** Throws ConfigError that names the option, which is what the report says of the tests that are skipped then. */
export async function findBlock(command: string): Promise<void> {
  await runShell(command).catch((cause: Error) => {
    throw new ConfigError('command-failed', `--on-new-block failed: ${cause.message}`, { cause });
  });
}

/** How many tests at a time. Where the tester is the upstream, each needs a role of its own. */
function jobsOf({ jobs, start }: ConformanceFlags, { listen, address }: Side): number {
  if (listen === undefined || (start !== undefined && address === undefined)) return jobs ?? DEFAULT_JOBS;
  if (jobs === undefined || jobs === 1) return 1;
  const why =
    start === undefined
      ? 'the role connects here once at a time; give --start'
      : 'with --address there is one role at a time; give --start with {downstream}';
  throw new ConfigError('jobs', `--jobs: ${why} to have one for each test`);
}

function report(results: readonly SuiteResult[], flags: ConformanceFlags, side: Side, edge: ProcessEdge): number {
  const repeat = (id: string) => repeatCommand(id, flags, side);
  edge.stdout.write(flags.json ? formatSuiteJson(results, flags.role, repeat) : formatSuite(results, repeat));
  if (flags.html !== undefined) {
    const subject = flags.start ?? flags.address ?? side.url ?? '';
    const page = formatSuiteHtml(results, { role: flags.role, subject, date: new Date().toISOString(), repeat });
    writeFileSync(flags.html, page);
    edge.stderr.write(`report written to ${flags.html}\n`);
  }
  const { passed, failed } = countOf(results);
  if (passed + failed === 0) {
    edge.stderr.write('message-generator: nothing could be tested; the reasons are above\n');
    return 2;
  }
  const broken = results.some(({ test, report: { outcome } }) => outcome === 'failed' && test.about.level === 'MUST');
  return broken ? 1 : 0;
}

/** What the flags say about the role and about us. */
interface Side {
  readonly address: Address | undefined;
  readonly security: Subject['security'];
  readonly listen: Address | undefined;
  readonly secretKey: Uint8Array;
  readonly publicKey: string;
  /** What the role connects to. */
  readonly url: string | undefined;
}

function sideOf(flags: ConformanceFlags): Side {
  const { role, plain } = flags;
  const wanted = flags.address === undefined ? undefined : parsePeer(flags.address);
  if (wanted === undefined && role !== 'device' && flags.start === undefined && flags.listen === undefined) {
    throw new ConfigError('address-missing', `--address HOST:PORT: where the ${role} listens`);
  }
  if ((flags.listen ?? flags.start) !== undefined && !LISTENED_FOR.includes(role)) {
    const what = flags.listen === undefined ? '--start' : '--listen';
    throw new ConfigError(
      'listen',
      `${what} is for a ${LISTENED_FOR.join(', ')}: a ${role} is where it listens, --address`,
    );
  }
  const key =
    flags.authorityKey === undefined ? wanted?.authorityPublicKey : decodeAuthorityPublicKey(flags.authorityKey);
  const secretKey = authoritySecretKey(flags.keyFile);
  const publicKey = encodeAuthorityPublicKey(publicKeyFromSecret(secretKey));
  const listen = flags.listen ?? (flags.start === undefined ? undefined : '127.0.0.1:0');
  if (role === 'device' && listen === undefined) {
    throw new ConfigError(
      'listen-missing',
      '--listen HOST:PORT: where the device is to connect to, or --start COMMAND',
    );
  }
  const ownAddress = listen === undefined ? undefined : parseAddress(listen);
  return {
    address: wanted,
    security: plain ? { type: 'plain' } : { type: 'initiator', authorityPublicKey: key ?? 'unverified' },
    listen: ownAddress,
    secretKey,
    publicKey,
    url: ownAddress === undefined ? undefined : urlOf(ownAddress, plain ? undefined : publicKey),
  };
}

function urlOf(address: Address, key: string | undefined): string {
  return `stratum2+tcp://${formatSocketAddress(address)}${key === undefined ? '' : `/${key}`}`;
}

async function targetOf(flags: ConformanceFlags, side: Side): Promise<SuiteTarget> {
  const listenSecurity: Subject['listenSecurity'] = flags.plain
    ? { type: 'plain' }
    : { type: 'responder', authoritySecretKey: side.secretKey };
  const { start } = flags;
  const downstream = start?.includes('{downstream') === true ? await freeAddress(side.listen?.host) : side.address;
  const subject = { address: downstream, security: side.security, listen: side.listen, listenSecurity };
  if (start === undefined) return { subject };
  let stop: (() => Promise<void>) | undefined;
  let fail: (reason: string) => void = () => undefined;
  const failed = new Promise<string>((resolve) => {
    fail = resolve;
  });
  return {
    subject: { ...subject, failed },
    onListening: (port) => {
      const host = side.listen?.host ?? '127.0.0.1';
      const values = {
        host,
        port: String(port),
        key: side.publicKey,
        address: formatSocketAddress({ host, port }),
        downstream: downstream === undefined ? '' : formatSocketAddress(downstream),
        downstream_port: String(downstream?.port ?? ''),
      };
      const names = /\{(host|port|key|address|downstream|downstream_port)\}/g;
      const command = start.replaceAll(names, (_, name: keyof typeof values) => values[name]);
      stop = startShell(command, (reason) => fail(`--start failed: ${reason}`));
    },
    close: () => stop?.() ?? Promise.resolve(),
  };
}

function repeatCommand(id: string, flags: ConformanceFlags, side: Side): string {
  const words = ['message-generator', 'conformance', flags.role];
  if (flags.address !== undefined) words.push('--address', quoted(flags.address));
  if (flags.authorityKey !== undefined) words.push('--authority-key', quoted(flags.authorityKey));
  if (flags.plain) words.push('--plain');
  if (flags.listen !== undefined) words.push('--listen', quoted(flags.listen));
  if (flags.start !== undefined) words.push('--start', quoted(flags.start));
  for (const [name, value] of Object.entries(flags.variables)) {
    words.push('--set', quoted(`${name}=${typeof value === 'string' ? value : formatJson(value)}`));
  }
  if (flags.onNewBlock !== undefined) words.push('--on-new-block', quoted(flags.onNewBlock));
  if (side.listen !== undefined && flags.keyFile !== undefined) words.push('--key-file', flags.keyFile);
  if (flags.timeoutMs !== undefined) words.push('--timeout', String(flags.timeoutMs));
  if (flags.maxHashes !== undefined) words.push('--max-hashes', String(flags.maxHashes));
  return [...words, '--only', id, '--seed', String(flags.seed)].join(' ');
}

function quoted(text: string): string {
  return /^[\w.:/@+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

function checkReachable({ host, port }: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: PREFLIGHT_MS });
    const fail = (reason: string) => {
      socket.destroy();
      reject(new ConfigError('unreachable', `cannot connect to ${formatSocketAddress({ host, port })} (${reason})`));
    };
    socket.once('connect', () => {
      socket.destroy();
      resolve();
    });
    socket.once('timeout', () => fail('no answer'));
    socket.once('error', (error: NodeJS.ErrnoException) => fail(error.code ?? error.message));
  });
}
