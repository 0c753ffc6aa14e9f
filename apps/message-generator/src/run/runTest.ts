import type { JsonValue } from '@stratumkit/codec';
import type { ConnectionPlan, TestPlan, Timeouts } from '../format/model.ts';
import { type ParseOptions, parseTestFile } from '../format/parseTest.ts';
import { TestFileError } from '../format/problems.ts';
import { evaluate, interpolate, type Scope } from '../values/evaluate.ts';
import { createRandom } from '../values/random.ts';
import { ChainWatch } from './chainWatch.ts';
import { Commands } from './commands.ts';
import { Connections, type PeerAddress, type Subject, testedServer } from './connections.ts';
import { CheckFailure, type Failure, SkipTest } from './failure.ts';
import { DEFAULT_MAX_HASHES } from './mine.ts';
import { Replies } from './replies.ts';
import type { TestReport, TranscriptEntry } from './report.ts';
import { StepRunner } from './stepRunner.ts';

/** What a test file does not say of its run. */
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
  /** The role under test, for the connections of a file that say `"tested": true`. */
  readonly subject?: Subject;
  /** Hashes that a `mine` step may try. */
  readonly maxHashes?: number;
  /** Has a block found on the chain that the role under test follows. */
  newBlock?(): Promise<void>;
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
    outcome: run.failures.length > 0 ? 'failed' : run.skipped === undefined ? 'passed' : 'skipped',
    ...(run.skipped === undefined ? {} : { reason: run.skipped }),
    failures: run.failures,
    problems: [],
    warnings: plan.warnings,
    durationMs: Math.round(performance.now() - started),
    seed,
    transcript: run.transcript,
    chainMoved: run.chain.moved,
  };
}

class TestRun {
  readonly failures: Failure[] = [];
  /** Why the test was not played to its end. */
  skipped: string | undefined;
  readonly transcript: TranscriptEntry[] = [];
  readonly chain = new ChainWatch();
  readonly #plan: TestPlan;
  readonly #options: RunOptions;
  readonly #abort = new AbortController();
  readonly #scope: Scope;
  readonly #commands: Commands;
  readonly #connections: Connections;
  readonly #steps: StepRunner;
  /** Before the test proper: what fails makes it skipped. */
  #preparing = false;

  constructor(plan: TestPlan, options: RunOptions, seed: number, started: number) {
    this.#plan = plan;
    this.#options = options;
    const random = createRandom(seed, plan.file);
    const scope: Scope = { random, variables: new Map() };
    for (const [name, value] of Object.entries({ ...plan.variables, ...options.variables })) {
      scope.variables.set(name, evaluate(value, scope));
    }
    this.#scope = scope;
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
      subject: options.subject,
      onPeer: (name, peer) => replies.attach(name, peer),
    });
    this.#steps = new StepRunner({
      plan,
      timeouts,
      scope: this.#scope,
      connections: this.#connections,
      signal,
      chain: this.chain,
      maxHashes: options.maxHashes ?? DEFAULT_MAX_HASHES,
      newBlock: options.newBlock?.bind(options),
      log,
      record: (entry) => {
        const whole = { ...entry, atMs: Math.round((performance.now() - started) * 10) / 10 };
        this.transcript.push(whole);
        if (this.transcript.length > TRANSCRIPT_ENTRIES) this.transcript.shift();
        options.onMessage?.(whole);
      },
      onFailure: (failure) => this.#failed(failure),
    });
    const replies = new Replies({
      plans: plan.replies,
      scope: this.#scope,
      send: (send, peer, connection) => this.#steps.send(send, peer, connection),
      note: (item, connection) => void this.#steps.note(item, connection),
      onError: (error) => this.#abort.abort(new CheckFailure(`an answer: ${error.message}`, { hard: true })),
    });
  }

  #failed(failure: Failure): void {
    if (!this.#preparing) this.failures.push(failure);
    // The first reason is the one that matters.
    else this.skipped ??= `not reached: ${failure.message}`;
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
    this.#checkNeeds();
    await this.#commands.runSetup(plan.setupCommands, signal);
    const servers = plan.connections.filter(({ opens, role }) => opens === 'start' && role === 'server');
    // Where the role under test connects to is one place, that it may look for from the start.
    const tested = testedServer(plan);
    for (const server of servers) if (!server.tested) await this.#listen(server);
    if (tested !== undefined) await this.#listen(tested);
    // The original runs these only where it listens.
    if (servers.length > 0 || !plan.compat) await this.#commands.runExecution(plan.executionCommands, signal);
    this.#preparing = plan.about !== undefined;
    for (const connection of plan.connections) {
      if (connection.opens === 'background') this.#connections.openInBackground(connection);
      if (connection.opens === 'start') await this.#connections.open(connection);
    }
    await this.#steps.run(plan.prepare);
    if (this.skipped !== undefined) return;
    this.#preparing = false;
    await this.#steps.run(plan.steps);
    signal.throwIfAborted();
  }

  #checkNeeds(): void {
    const { about } = this.#plan;
    const { security, listenSecurity } = this.#options.subject ?? {};
    const isPlain = (testedServer(this.#plan) === undefined ? security : listenSecurity)?.type === 'plain';
    if (about?.needs.includes('noise') === true && isPlain) throw new SkipTest('needs encryption');
    if (about?.needs.includes('authority-key') !== true) return;
    if (isPlain || (security?.type === 'initiator' && security.authorityPublicKey === 'unverified')) {
      throw new SkipTest('needs the authority key of the role: --authority-key');
    }
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
      if (error instanceof SkipTest) {
        this.skipped ??= error.message;
        return;
      }
      const failure = error instanceof CheckFailure ? error : undefined;
      // A bug of ours must not pass for a failure of the peer.
      if (failure === undefined && !isExpected(error)) throw error;
      this.#failed(this.#steps.locate(error as Error, this.#plan));
    }
  }
}

/** Errors of sockets and of values that do not fit; anything else is a mistake in here. */
function isExpected(error: unknown): boolean {
  return error instanceof Error && ('code' in error || error.constructor === Error);
}
