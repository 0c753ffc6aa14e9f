import { bigintToTarget, targetFromDifficulty, targetToBigint, workFromTarget } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { toldDifficulty } from '@stratumkit/translation';
import { type Retargeter, simulate, type Trace } from '../../../channels/test/vardiff/monteCarlo.ts';
import { SeededRandom } from '../../../channels/test/vardiff/seededRandom.ts';
import { type Band, CLAIM, type Row, rowsOf, SHARES_PER_MINUTE } from '../../../channels/test/vardiff/table.ts';
import { MinerDifficulty } from '../../src/translator/minerDifficulty.ts';

/** So high that no case leads to difficulties below 1, which would be told exactly. */
export const CLAIMED_HASHRATE = 1e14;
const HARDER_THAN_ALL = targetFromDifficulty(2 ** 60);
const UPSTREAM = { target: HARDER_THAN_ALL, told: toldDifficulty(HARDER_THAN_ALL, 'down') };

/** A miner that mines for the difficulties it is told, and whose shares are judged by them. */
export class ToldRetargeter implements Retargeter {
  readonly difficulty: MinerDifficulty;
  /** Every difficulty so far. */
  readonly all: number[] = [];
  target!: Uint8Array;
  readonly #targets = new Map<bigint, Uint8Array>();
  readonly #random: SeededRandom;

  constructor(minerHashrate: number, seed: number, now: Now) {
    this.difficulty = new MinerDifficulty({ sharesPerMinute: SHARES_PER_MINUTE, minerHashrate, vardiff: true }, now);
    this.difficulty.resume(now);
    this.#random = new SeededRandom(~seed);
    this.#tell();
  }

  get deadline(): number {
    return this.difficulty.dueMs;
  }

  tick(now: Now): Uint8Array | undefined {
    return this.difficulty.tick(now) ? this.#tell() : undefined;
  }

  accepted(work: bigint, now: Now): Uint8Array | undefined {
    const target = this.#targets.get(work)!;
    const hash = target === this.target ? target : this.#hashBelow(target);
    return this.difficulty.accepted(hash, target, now) ? this.#tell() : undefined;
  }

  #hashBelow(target: Uint8Array): Uint8Array {
    const part = BigInt(Math.floor(this.#random.uniform() * 2 ** 32));
    return bigintToTarget((targetToBigint(target) * part) >> 32n);
  }

  #tell(): Uint8Array | undefined {
    const { target, difficulty } = this.difficulty.forJob(UPSTREAM, 1);
    if (difficulty === this.all.at(-1)) return undefined;
    this.all.push(difficulty);
    this.#targets.set(workFromTarget(target), target);
    this.target = target;
    return target;
  }
}

/** One row, with hashrates at every place between two powers of two. */
export function runTold({ scenario }: Pick<Row, 'scenario'>, seed: number): Trace {
  const claimed = CLAIMED_HASHRATE * placeBetweenPowers(seed);
  const hashrate = (scenario.hashrate / CLAIM) * claimed;
  return simulate((now) => new ToldRetargeter(claimed, seed, now), SHARES_PER_MINUTE, { ...scenario, hashrate }, seed);
}

/** From 1 to below 2; spread evenly over the logarithms for any run of seeds. */
export function placeBetweenPowers(seed: number): number {
  return 2 ** ((seed * ((Math.sqrt(5) - 1) / 2)) % 1);
}

/** The rounding comes on top of the bands of the exact targets. */
export const WIDENED = rowsOf(([low, high]: Band) => [low / 1.5, high * 1.5]);
/** The rounding has to fit in. */
export const WITHIN_ROUNDING = rowsOf(() => [1 / 1.5, 1.5]);

/**
 * How many of a hundred miners get a power of two that is within a factor of 1.5 of their hashrate, if nothing is known of it but so
 * many shares, Poisson distributed around `expected`, and the power nearest to the estimate is told.
 */
export function percentKnowable(expected: number): number {
  const PLACES = 200;
  let known = 0;
  for (let place = 0; place < PLACES; place++) {
    const steps = (place + 0.5) / PLACES;
    let logProbability = -expected;
    for (let shares = 1; shares < 3 * expected + 20; shares++) {
      logProbability += Math.log(expected / shares);
      const told = Math.round(steps + Math.log2(shares / expected));
      if (Math.abs(steps - told) <= Math.log2(1.5)) known += Math.exp(logProbability);
    }
  }
  return (100 * known) / PLACES;
}
