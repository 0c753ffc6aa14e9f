import { expect, it } from 'vitest';
import { ROLE_MODULES, type SimulationModules } from '../src/process/modules.ts';
import { runSimulation } from '../src/runSimulation.ts';
import { Scenario } from '../src/scenario.ts';
import { shrinkRun } from '../src/shrink.ts';

/** Does not survive the loss of its template provider. */
const fragile: Partial<SimulationModules> = {
  createPool(options, now) {
    const pool = ROLE_MODULES.createPool(options, now);
    return new Proxy(pool, {
      get(target, key) {
        if (key !== 'handle') return (target as unknown as Record<PropertyKey, unknown>)[key];
        return (...[input, at]: Parameters<typeof pool.handle>) => {
          if (input.type === 'template-lost') throw new Error('no provider, no pool');
          return target.handle(input, at);
        };
      },
    });
  },
};

it('finds the one fault that matters, and the run with it alone fails in the same way', () => {
  const scenario = new Scenario({ profile: 'process', devices: 4, hours: 0.15 });
  const options = { ...scenario.run(1), modules: fragile };
  const failed = runSimulation(options);
  expect(failed.violation?.invariant).toBe('machines-hold');
  const { keep, report } = shrinkRun(options, failed);
  expect(keep).toHaveLength(1);
  expect(runSimulation({ ...scenario.run(1, keep), modules: fragile })).toEqual(report);
  expect(runSimulation(scenario.run(1, keep)).violation).toBeUndefined();
});
