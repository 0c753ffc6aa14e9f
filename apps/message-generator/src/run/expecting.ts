import type { Expectation, ResultPlan, Sv1Expectation } from '../format/model.ts';
import { type CheckContext, checkExpectation } from './checks.ts';
import { CheckFailure } from './failure.ts';
import type { Received } from './receiver.ts';
import { checkSv1Expectation } from './sv1Checks.ts';

type ExpectResult = Extract<ResultPlan, { readonly kind: 'expect' | 'sv1Expect' }>;

/** Holds messages against what a result expects until that is met. Throws CheckFailure, about the message that came closest. */
export class Expecting {
  readonly #result: ExpectResult;
  readonly #context: CheckContext;
  #left: readonly (readonly (Expectation | Sv1Expectation)[])[];
  #closest: CheckFailure | undefined;

  constructor(result: ExpectResult, context: CheckContext) {
    this.#result = result;
    this.#context = context;
    this.#left = result.of;
  }

  /** Whether the result is met with this message. */
  take(received: Received): boolean {
    const failures: CheckFailure[] = [];
    for (const alternatives of this.#left) {
      for (const expectation of alternatives) {
        const failure = this.#check(expectation, received);
        if (failure === undefined) {
          this.#left = this.#left.filter((other) => other !== alternatives);
          return this.#left.length === 0;
        }
        failures.push(failure);
      }
    }
    const best = summary(failures);
    if (best === undefined) return false;
    if (!this.#result.passOver) throw best;
    this.#closest = closestOf(this.#closest === undefined ? [best] : [best, this.#closest]);
    return false;
  }

  /** The failure to wait for it, with what came closest. */
  explain(failure: CheckFailure): CheckFailure {
    const closest = this.#closest;
    if (closest === undefined) return failure;
    return new CheckFailure(
      `${failure.message.replace('nothing came', 'nothing that fits came')}; closest: ${closest.message}`,
      {
        ...failure.details,
        expected: closest.details.expected ?? failure.details.expected,
        received: closest.details.received ?? failure.details.received,
        comparison: closest.details.comparison ?? [],
        hard: closest.details.hard ?? false,
      },
    );
  }

  #check(expectation: Expectation | Sv1Expectation, received: Received): CheckFailure | undefined {
    try {
      if ('frame' in received) checkExpectation(expectation as Expectation, received, this.#context);
      else checkSv1Expectation(expectation as Sv1Expectation, received, this.#context.scope);
      return undefined;
    } catch (error) {
      if (error instanceof CheckFailure) return error;
      throw error;
    }
  }
}

/** One failure for those of several alternatives. */
function summary(failures: readonly CheckFailure[]): CheckFailure | undefined {
  const best = closestOf(failures);
  if (best === undefined || failures.length === 1) return best;
  const messages = [best, ...failures.filter((failure) => failure !== best)].map(({ message }) => message);
  return new CheckFailure(messages.join('; '), best.details);
}

/** The failure with the fewest differences; one about another type of message comes last. */
function closestOf(failures: readonly CheckFailure[]): CheckFailure | undefined {
  const distance = ({ details: { comparison = [] } }: CheckFailure): number => {
    const wrong = comparison.filter(({ differs }) => differs);
    return wrong.some(({ field }) => field === 'type') || wrong.length === 0 ? Number.POSITIVE_INFINITY : wrong.length;
  };
  return failures.reduce<CheckFailure | undefined>(
    (best, failure) => (best === undefined || distance(failure) < distance(best) ? failure : best),
    undefined,
  );
}
