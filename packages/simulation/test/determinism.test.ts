import { expect, it } from 'vitest';
import { runSimulation } from '../src/runSimulation.ts';
import { Scenario } from '../src/scenario.ts';

it('gives the same trace twice, and another for another seed', () => {
  const scenario = new Scenario({ profile: 'default', devices: 12, hours: 0.2 });
  const first = runSimulation(scenario.run(21));
  const second = runSimulation(new Scenario({ profile: 'default', devices: 12, hours: 0.2 }).run(21));
  expect(first.violation).toBeUndefined();
  expect(second).toEqual(first);
  expect(runSimulation(scenario.run(22)).traceHash).not.toBe(first.traceHash);
});
