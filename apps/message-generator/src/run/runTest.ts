import type { JsonValue } from '@stratumkit/codec';
import type { ConnectionPlan, TestPlan, Timeouts } from '../format/model.ts';
import { type ParseOptions, parseTestFile } from '../format/parseTest.ts';
import { TestFileError } from '../format/problems.ts';
import { interpolate, type Scope } from '../values/evaluate.ts';
import { createRandom } from '../values/random.ts';
import { Commands } from './commands.ts';
import { Connections, type PeerAddress } from './connections.ts';
import { CheckFailure, type Failure } from './failure.ts';
import type { TestReport, TranscriptEntry } from './report.ts';
import { StepRunner } from './stepRunner.ts';

export interface RunOptions {
  /** Chosen at random unless given; printed with every report. */
  readonly seed?: number;
  /** Ends the test early; its children and sockets are gone before the report is there. */
  readonly signal?: AbortSignal;
  /** Environment of commands; that of this process unless given. */
  readonly environment?: NodeJS.ProcessEnv;
  readonly workingDirectory?: string;
  /** Overrides limits of the file. */
  readonly timeouts?: Partial<Timeouts>;
  /** Ports of a file that stand for others here, for tests that must not use fixed ones. */
  readonly ports?: Readonly<Record<number, number>>;
  /** The peer of every connection that a test makes, in place of the one its file names. */
  readonly peer?: PeerAddress | undefined;
  /** Values that a file finds as saved ones. */
  readonly variables?: Readonly<Record<string, JsonValue>>;
  /** A line of the log: matched types, output of commands, actiondocs. */
  onLog?(line: string): void;
  onMessage?(entry: TranscriptEntry): void;
  /** A connection of the test listens; the port is the real one, also where the file says 0. */
  onListening?(connection: string, port: number): void;
}

const TRANSCRIPT_ENTRIES = 200;

/** Reads and runs one file. Never throws for what is wrong with the file or the peer: that is in the report. */
export async function runTestFile(path: string, options: RunOptions & ParseOptions = {}): Promise<TestReport> {
  try {
    return await runTest(parseTestFile(path, options), options);
  } catch (error) {
    if (!(error instanceof TestFileError)) throw error;
    return {
      file: path,
      outcome: 'unusable',
      failures: [],
      problems: error.problems,
      warnings: [],
      durationMs: 0,
      seed: options.seed ?? 0,
      transcript: [],
    };
  }
}

/** Runs a test that was read before. */
export async function runTest(plan: TestPlan, options: RunOptions = {}): Promise<TestReport> {
  const started = performance.now();
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 32);
  const run = new TestRun(plan, options, seed, started);
  await run.execute();
  return {
    file: plan.file,
    outcome: run.failures.length === 0 ? 'passed' : 'failed',
    failures: run.failures,
    problems: [],
    warnings: plan.warnings,
    durationMs: Math.round(performance.now() - started),
    seed,
    transcript: run.transcript,
  };
}

class TestRun {
  readonly failures: Failure[] = [];
  readonly transcript: TranscriptEntry[] = [];
  readonly #plan: TestPlan;
  readonly #options: RunOptions;
  readonly #abort = new AbortController();
  readonly #scope: Scope;
  readonly #commands: Commands;
  readonly #connections: Connections;
  readonly #steps: StepRunner;

  constructor(plan: TestPlan, options: RunOptions, seed: number, started: number) {
    this.#plan = plan;
    this.#options = options;
    const random = createRandom(seed, plan.file);
    const variables = new Map(Object.entries({ ...plan.variables, ...options.variables }));
    this.#scope = { random, variables };
    const timeouts = { ...plan.timeouts, ...options.timeouts };
    const { signal } = this.#abort;
    const log = (line: string) => options.onLog?.(line);
    this.#commands = new Commands({
      compat: plan.compat,
      readyMs: timeouts.readyMs,
      environment: options.environment ?? process.env,
      workingDirectory: options.workingDirectory ?? process.cwd(),
      interpolate: (text) => (plan.compat ? text : interpolate(text, this.#scope)),
      onFailure: (failure) => this.#abort.abort(failure),
      onLine: (line, command) => log(`${command}: ${line}`),
    });
    this.#connections = new Connections({
      timeouts,
      compat: plan.compat,
      edge: { random: random.bytes, unixSeconds: () => Math.floor(Date.now() / 1000) },
      signal,
      mapPort: (port) => options.ports?.[port] ?? port,
      peer: options.peer,
      onPeer: () => undefined,
    });
    this.#steps = new StepRunner({
      plan,
      timeouts,
      scope: this.#scope,
      connections: this.#connections,
      signal,
      log,
      record: (entry) => {
        const whole = { ...entry, atMs: Math.round((performance.now() - started) * 10) / 10 };
        this.transcript.push(whole);
        if (this.transcript.length > TRANSCRIPT_ENTRIES) this.transcript.shift();
        options.onMessage?.(whole);
      },
      onFailure: (failure) => this.failures.push(failure),
    });
  }

  async execute(): Promise<void> {
    const { signal } = this.#options;
    const stop = () => this.#abort.abort(new CheckFailure('stopped', { hard: true }));
    if (signal?.aborted === true) stop();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      await this.#guarded(() => this.#body());
      await this.#guarded(() => this.#commands.runCleanup(this.#plan.cleanupCommands, new AbortController().signal));
    } finally {
      signal?.removeEventListener('abort', stop);
      this.#connections.close();
      await this.#commands.stop();
    }
  }

  async #body(): Promise<void> {
    const { plan, signal } = { plan: this.#plan, signal: this.#abort.signal };
    await this.#commands.runSetup(plan.setupCommands, signal);
    const atStart = plan.connections.filter(({ opens }) => opens === 'start');
    const servers = atStart.filter(({ role }) => role === 'server');
    for (const server of servers) await this.#listen(server);
    // The original runs these only where it listens.
    if (servers.length > 0 || !plan.compat) await this.#commands.runExecution(plan.executionCommands, signal);
    for (const connection of atStart) await this.#connections.open(connection);
    await this.#steps.run(plan.steps);
    signal.throwIfAborted();
  }

  async #listen(server: ConnectionPlan): Promise<void> {
    const port = await this.#connections.listen(server);
    this.#scope.variables.set(`port:${server.name}`, port);
    this.#options.onListening?.(server.name, port);
  }

  /** A hard failure anywhere ends this part of the test. */
  async #guarded(part: () => Promise<void>): Promise<void> {
    try {
      await part();
    } catch (error) {
      const failure = error instanceof CheckFailure ? error : undefined;
      // A bug of ours must not pass for a failure of the peer.
      if (failure === undefined && !isExpected(error)) throw error;
      this.failures.push(this.#steps.locate(error as Error, this.#plan));
    }
  }
}

/** Errors of sockets and of values that do not fit; anything else is a mistake in here. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.constructor === Error);
}
