import type { Place } from '../format/model.ts';

/** One row of both messages side by side. */
export interface FieldComparison {
  readonly field: string;
  /** Undefined where the test expects nothing. */
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly differs: boolean;
}

/** What failed, where, and how. */
export interface Failure extends Place {
  /** Number of the action, from 1; undefined outside of actions. */
  readonly action: number | undefined;
  readonly actionDoc: string;
  /** Number of the result in its action, from 1. */
  readonly result: number | undefined;
  readonly resultType: string | undefined;
  readonly message: string;
  readonly expected: string | undefined;
  readonly received: string | undefined;
  readonly comparison: readonly FieldComparison[];
  /** A hard failure ends the test, a soft one only its action. */
  readonly hard: boolean;
}

export type FailureDetails = Partial<Pick<Failure, 'expected' | 'received' | 'comparison' | 'hard'>> & {
  /** Where in the file it belongs, if that is not where the runner stands. */
  readonly place?: Place;
};

/** Thrown by a check; the runner knows where it stands. */
export class CheckFailure extends Error {
  readonly details: FailureDetails;

  constructor(message: string, details: FailureDetails = {}) {
    super(message);
    this.details = details;
  }

  /** The same, pointing at this place unless it points at one already. */
  at({ file, line }: Place): CheckFailure {
    return new CheckFailure(this.message, { place: { file, line }, ...this.details });
  }
}

/** Thrown where a test cannot show anything here, with the reason. */
export class SkipTest extends Error {}
