import type { Problem } from '../format/problems.ts';
import type { Failure } from './failure.ts';

/** What became of one test. */
export interface TestReport {
  readonly file: string;
  readonly outcome: 'passed' | 'failed' | 'skipped' | 'unusable';
  /** Why it was skipped. */
  readonly reason?: string;
  readonly failures: readonly Failure[];
  /** What makes the file unusable. */
  readonly problems: readonly Problem[];
  readonly warnings: readonly Problem[];
  readonly durationMs: number;
  /** Repeats the random values: `--seed`. */
  readonly seed: number;
  /** Messages in the order in which they went, the last ones if there were many. */
  readonly transcript: readonly TranscriptEntry[];
  /** The chain of the role went on while the test ran, of its own accord or for a `new_block`. */
  readonly chainMoved?: boolean;
}

/** One message of a test, in words. */
export interface TranscriptEntry {
  /** Since the start of the test. */
  readonly atMs: number;
  readonly connection: string;
  readonly direction: 'sent' | 'received';
  readonly title: string;
  readonly detail: string;
}
