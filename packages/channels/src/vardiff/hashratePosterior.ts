import { expNegative, STEP_LN, STEPS_PER_OCTAVE, stepsToHashrate } from './logScale.ts';

/** Twelve octaves either way of the centre. */
const HALF = 12 * STEPS_PER_OCTAVE;
const CELLS = 2 * HALF + 1;
/** Share of the belief that is spread evenly at the start, because the claim may be far off. */
const DOUBT = 0.15;
/** Spread of the rest around the claim, in steps. */
const CLAIM_SIGMA = 1.4;
/** Changes of the hashrate to expect, per minute. */
const CHANGES_PER_MINUTE = 0.012;
/** The window follows the belief once it is this many steps off. */
const RECENTRE_STEPS = 8;
const FLOOR = 1e-6 / CELLS;
/** A cell this far below the likeliest one weighs nothing beside what the next update spreads over all cells. */
const NEGLIGIBLE_LN = 40;
/** Of one update; kept because an update happens for every channel twice a minute. */
const LOG_LIKELIHOODS = new Float64Array(CELLS);

/** Hashrate of each cell, relative to the centre. */
const RELATIVE = Float64Array.from({ length: CELLS }, (_, cell) => stepsToHashrate(cell - HALF));
const CLAIM = claimWeights();

/**
 * What is believed about a hashrate: a weight for each cell of a window of the logarithmic scale. Shares are a Poisson process,
 * so with n shares where a hashrate of 1 leads to e expected ones, hashrate h gains the factor h^n e^(-h e). Between updates a
 * small weight is spread over all cells, because a hashrate may change at any time.
 */
export class HashratePosterior {
  #weights = new Float64Array(CELLS);
  /** Steps of the middle cell; a whole number. */
  #centre: number;

  constructor(claimSteps: number) {
    this.#centre = Math.round(claimSteps);
    this.#weights.fill(DOUBT / CELLS);
    this.#addClaim(this.#weights, 1 - DOUBT);
  }

  copy(): HashratePosterior {
    const copy = new HashratePosterior(this.#centre);
    copy.#weights = this.#weights.slice();
    return copy;
  }

  /** Takes in `shares` found within `minutes` by a device that mines for `targetSteps` at `sharesPerMinute`. */
  update(shares: number, minutes: number, targetSteps: number, sharesPerMinute: number): void {
    const weights = this.#weights;
    // The target may lie outside the window: bring the expected number into the scale of the centre first.
    const expected = minutes * sharesPerMinute * stepsToHashrate(this.#centre - targetSteps);
    const change = Math.min(0.5, CHANGES_PER_MINUTE * minutes);
    const sharesLn = shares * STEP_LN;
    let best = Number.NEGATIVE_INFINITY;
    for (let cell = 0; cell < CELLS; cell++) {
      const logLikelihood = sharesLn * cell - RELATIVE[cell]! * expected;
      LOG_LIKELIHOODS[cell] = logLikelihood;
      if (logLikelihood > best) best = logLikelihood;
    }
    const kept = 1 - change;
    const spread = change / CELLS;
    let sum = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const below = best - LOG_LIKELIHOODS[cell]!;
      const weight = below > NEGLIGIBLE_LN ? 0 : (kept * weights[cell]! + spread) * expNegative(below);
      weights[cell] = weight;
      sum += weight;
    }
    const scale = 1 / sum;
    if (sum > 0) for (let cell = 0; cell < CELLS; cell++) weights[cell] = weights[cell]! * scale;
    else weights.fill(1 / CELLS);
  }

  /** A new claim by the client: half of the belief moves to it. */
  claim(claimSteps: number): void {
    this.recentre(claimSteps);
    for (let cell = 0; cell < CELLS; cell++) this.#weights[cell] = this.#weights[cell]! / 2;
    this.#addClaim(this.#weights, 0.5);
  }

  /** The hashrate, in steps, that is exceeded with probability 1 - q. */
  quantile(q: number): number {
    let below = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const weight = this.#weights[cell]!;
      if (below + weight >= q) return this.#centre + cell - HALF - 0.5 + (q - below) / weight;
      below += weight;
    }
    return this.#centre + HALF;
  }

  /** Moves the window if the belief has wandered off its middle; what enters is believed like the cell at that edge. */
  recentre(steps: number): void {
    const shift = Math.round(steps) - this.#centre;
    if (Math.abs(shift) <= RECENTRE_STEPS) return;
    const old = this.#weights;
    const moved = new Float64Array(CELLS);
    let sum = 0;
    for (let cell = 0; cell < CELLS; cell++) {
      const from = Math.min(CELLS - 1, Math.max(0, cell + shift));
      moved[cell] = from === cell + shift ? old[from]! : Math.max(old[from]!, FLOOR);
      sum += moved[cell]!;
    }
    for (let cell = 0; cell < CELLS; cell++) moved[cell] = moved[cell]! / sum;
    this.#weights = moved;
    this.#centre += shift;
  }

  #addClaim(weights: Float64Array, share: number): void {
    for (let cell = 0; cell < CELLS; cell++) weights[cell] = weights[cell]! + share * CLAIM[cell]!;
  }
}

function claimWeights(): Float64Array {
  const weights = Float64Array.from({ length: CELLS }, (_, cell) => {
    const distance = (cell - HALF) / CLAIM_SIGMA;
    return expNegative((distance * distance) / 2);
  });
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}
