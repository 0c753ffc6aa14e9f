import type { JsonValue } from '@stratumkit/codec';
import type { Step, Timeouts } from '../format/model.ts';
import { type Subject, testedServer } from '../run/connections.ts';
import type { TestReport } from '../run/report.ts';
import { runTest } from '../run/runTest.ts';
import type { ConformanceTest } from './files.ts';

/** What a test is run against. */
export interface SuiteTarget {
  readonly subject: Subject;
  /** The tests listen now; the role may be started. */
  onListening?(port: number): void;
  /** After the test. */
  close?(): Promise<void>;
}

/** Which tests run against what. */
export interface SuiteOptions {
  readonly tests: readonly ConformanceTest[];
  /** Tests at a time. */
  readonly jobs: number;
  readonly seed: number;
  readonly signal?: AbortSignal;
  readonly timeouts?: Partial<Timeouts>;
  /** Hashes that a `mine` step may try. */
  readonly maxHashes?: number;
  /** Override those of the files. */
  readonly variables?: Readonly<Record<string, JsonValue>>;
  /** Asked before each run of a test: the role, started anew or one that serves all. */
  target(test: ConformanceTest): Promise<SuiteTarget>;
  /** Has a block found on the chain that the role follows. */
  newBlock?(): Promise<void>;
  onResult?(result: SuiteResult): void;
}

/** A test and what became of it, in the last of its runs. */
export interface SuiteResult {
  readonly test: ConformanceTest;
  readonly report: TestReport;
  /** Every time that it ran, the chain of the role went on meanwhile. */
  readonly disturbed?: boolean;
}

/** Runs of a test whose shares came late because of a block that nobody asked for. */
const ATTEMPTS = 4;

/** Runs tests, several at a time; those that have blocks found come last and alone, since a block is seen by all. */
export async function runSuite(options: SuiteOptions): Promise<readonly SuiteResult[]> {
  const results = new Map<ConformanceTest, SuiteResult>();
  const run = async (tests: readonly ConformanceTest[], jobs: number, isLast = false): Promise<void> => {
    let next = 0;
    const worker = async (): Promise<void> => {
      for (let test = tests[next++]; test !== undefined; test = tests[next++]) {
        if (options.signal?.aborted === true) return;
        const report = await runOne(test, options);
        const result = { test, report, disturbed: isDisturbed(test, report) };
        results.set(test, result);
        if (isLast || !result.disturbed) options.onResult?.(result);
      }
    };
    await Promise.all(Array.from({ length: Math.min(jobs, tests.length) }, worker));
  };
  await run(
    options.tests.filter((test) => !movesChain(test)),
    options.jobs,
  );
  await run(options.tests.filter(movesChain), 1);
  for (let attempt = 2; attempt <= ATTEMPTS; attempt++) {
    const again = [...results.values()].filter(({ disturbed }) => disturbed).map(({ test }) => test);
    await run(again, 1, attempt === ATTEMPTS);
  }
  return options.tests.flatMap((test) => results.get(test) ?? []);
}

async function runOne(test: ConformanceTest, options: SuiteOptions): Promise<TestReport> {
  const { seed, signal, timeouts, maxHashes } = options;
  const target = await options.target(test);
  try {
    return await runTest(test.plan, {
      seed,
      subject: target.subject,
      onListening: (_connection, port) => target.onListening?.(port),
      ...(signal === undefined ? {} : { signal }),
      ...(timeouts === undefined ? {} : { timeouts }),
      ...(maxHashes === undefined ? {} : { maxHashes }),
      ...(options.variables === undefined ? {} : { variables: options.variables }),
      ...(options.newBlock === undefined ? {} : { newBlock: options.newBlock.bind(options) }),
    });
  } finally {
    await target.close?.();
  }
}

/** A test that found no block cannot be held against the role if one was found by others, or by chance. */
function isDisturbed(test: ConformanceTest, { outcome, chainMoved }: TestReport): boolean {
  return outcome !== 'passed' && chainMoved === true && testedServer(test.plan) === undefined && !movesChain(test);
}

function movesChain({ about, plan }: ConformanceTest): boolean {
  return about.alone || findsBlocks([...plan.prepare, ...plan.steps]);
}

function findsBlocks(steps: readonly Step[]): boolean {
  return steps.some((step) => step.kind === 'newBlock' || (step.kind === 'loop' && findsBlocks(step.steps)));
}
