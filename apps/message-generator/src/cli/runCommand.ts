import { writeFileSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import type { ProcessEdge } from '@stratumkit/runtime';
import { formatJsonLine, formatJsonSummary, formatJunit, formatTap } from '../report/formats.ts';
import { formatReport, formatSummary } from '../report/terminal.ts';
import type { TestReport } from '../run/report.ts';
import { runTestFile } from '../run/runTest.ts';
import { type PeerFlag, parsePeer } from './addresses.ts';
import { findTests } from './findTests.ts';
import { checkWritable } from './outputFile.ts';

export interface RunFlags {
  readonly jobs: number;
  readonly compat: boolean;
  readonly seed: number | undefined;
  readonly timeoutMs: number | undefined;
  readonly json: boolean;
  readonly junit: string | undefined;
  readonly tap: boolean;
  readonly verbose: boolean;
  readonly ports: Readonly<Record<number, number>>;
  /** `host:port` or a URL with the key. */
  readonly peer: string | undefined;
}

type Settings = Omit<RunFlags, 'seed' | 'peer'> & { readonly seed: number; readonly peer: PeerFlag | undefined };

/** Exit codes: 0 all passed, 1 one failed, 2 one is unusable; under compat 101 for both, as the original. */
export async function runCommand(paths: readonly string[], flags: RunFlags, edge: ProcessEdge): Promise<number> {
  const files = findTests(paths);
  if (files.length === 0) throw new ConfigError('no-tests', `no test files in ${paths.join(', ')}`);
  if (flags.junit !== undefined) checkWritable('--junit', flags.junit);
  const seed = flags.seed ?? Math.floor(Math.random() * 2 ** 32);
  const settings = { ...flags, seed, peer: flags.peer === undefined ? undefined : parsePeer(flags.peer) };
  const abort = new AbortController();
  const release = edge.onSignal(['SIGINT', 'SIGTERM'], () => abort.abort());
  try {
    const reports = await runAll(files, settings, edge, abort.signal);
    if (flags.tap) edge.stdout.write(formatTap(reports));
    else if (flags.json) edge.stdout.write(formatJsonSummary(reports));
    else if (reports.length > 1) edge.stdout.write(formatSummary(reports, seed));
    if (flags.junit !== undefined) writeFileSync(flags.junit, formatJunit(reports));
    return exitCode(reports, flags.compat);
  } finally {
    release();
  }
}

function exitCode(reports: readonly TestReport[], compat: boolean): number {
  const has = (outcome: TestReport['outcome']) => reports.some((report) => report.outcome === outcome);
  if (has('unusable')) return compat ? 101 : 2;
  if (has('failed')) return compat ? 101 : 1;
  return 0;
}

async function runAll(
  files: readonly string[],
  flags: Settings,
  edge: ProcessEdge,
  signal: AbortSignal,
): Promise<readonly TestReport[]> {
  const reports: TestReport[] = [];
  let next = 0;
  let printed = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < files.length && !signal.aborted; index = next++) {
      reports[index] = await runOne(files[index] ?? '', flags, edge, signal);
      // In the order of the files, whatever order they end in.
      for (let report = reports[printed]; report !== undefined; report = reports[++printed]) print(report, flags, edge);
    }
  };
  await Promise.all(Array.from({ length: Math.min(flags.jobs, files.length) }, worker));
  return reports.filter((report) => report !== undefined);
}

function runOne(file: string, flags: Settings, edge: ProcessEdge, signal: AbortSignal): Promise<TestReport> {
  const level = edge.environment.RUST_LOG ?? '';
  const logs = flags.verbose || (flags.compat && /trace|debug|info/.test(level));
  const { seed, timeoutMs, peer } = flags;
  return runTestFile(file, {
    compat: flags.compat,
    signal,
    environment: edge.environment as NodeJS.ProcessEnv,
    ports: flags.ports,
    seed,
    peer,
    ...(timeoutMs === undefined ? {} : { timeouts: { receiveMs: timeoutMs } }),
    // The lines that files of the original look for go to stdout.
    onLog: (line) => {
      if (logs) (flags.json || flags.tap ? edge.stderr : edge.stdout).write(`${line}\n`);
    },
  });
}

function print(report: TestReport, flags: Settings, edge: ProcessEdge): void {
  if (flags.json) edge.stdout.write(formatJsonLine(report));
  else if (!flags.tap) edge.stdout.write(formatReport(report, { verbose: flags.verbose }));
  if (flags.compat && report.outcome === 'failed') edge.stderr.write('TEST FAILED\n');
}
