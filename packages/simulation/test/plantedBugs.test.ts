import { describe, expect, it, vi } from 'vitest';
import { INVARIANTS } from '../src/invariants/invariants.ts';
import { runSimulation } from '../src/runSimulation.ts';
import { Scenario } from '../src/scenario.ts';
import { PLANTED_BUGS } from './support/plantedBugs.ts';

// Seconds of computing, on a machine that may have other work.
vi.setConfig({ testTimeout: 180_000 });

const SEEDS = [1, 2, 3, 4, 5, 6];

describe('every planted bug is noticed by the invariant it breaks', () => {
  for (const bug of PLANTED_BUGS)
    it(`${bug.name}: ${bug.invariant}`, () => {
      const scenario = new Scenario({
        profile: bug.profile,
        devices: 16,
        hours: 0.3,
        ...(bug.topology === undefined ? {} : { topology: bug.topology }),
      });
      const mend = bug.break?.();
      try {
        for (const seed of SEEDS) {
          const base = scenario.run(seed);
          const options = bug.change?.(base) ?? base;
          const { violation } = runSimulation({ ...options, ...(bug.modules && { modules: bug.modules }) });
          if (violation === undefined) continue;
          expect(violation.invariant).toBe(bug.invariant);
          // Where the run itself was changed, it is the bug that broke it and not the change.
          if (bug.change !== undefined) expect(runSimulation(options).violation).toBeUndefined();
          return;
        }
        expect.fail('nobody noticed');
      } finally {
        mend?.();
      }
    });

  it('covers every invariant', () => {
    expect(new Set(PLANTED_BUGS.map(({ invariant }) => invariant))).toEqual(new Set(Object.keys(INVARIANTS)));
  });
});
