import { describe, expect, it } from 'vitest';
import { FaultInjector } from '../src/faults/injector.ts';
import { FAULT_PROFILES, type FaultKind } from '../src/faults/kinds.ts';
import { planFaults } from '../src/faults/plan.ts';
import { Scenario } from '../src/scenario.ts';
import { Simulation } from '../src/simulation.ts';

const RUN_MS = 1_800_000;
/** Whatever a fault may have to wait for is over by then: no node, pool or device is away for longer. */
const LONGEST_ABSENCE_MS = 185_000;

describe('the plan of faults', () => {
  it('has every kind three times in every seed, with time to wait for a victim before the end', () => {
    const kinds = FAULT_PROFILES.default;
    for (let seed = 1; seed <= 2_000; seed++) {
      const planned = planFaults(seed, kinds, RUN_MS);
      const rare = kinds.filter((kind) => planned.filter((fault) => fault.kind === kind).length < 3);
      const lastMs = Math.max(...planned.map(({ atMs }) => atMs));
      expect([seed, rare, lastMs + LONGEST_ABSENCE_MS < RUN_MS]).toEqual([seed, [], true]);
    }
  });

  it('is carried out: a fault without a victim waits for one', () => {
    const kinds: FaultKind[] = [
      'node-loss',
      'pool-crash',
      'pool-power',
      'provider-crash',
      'device-crash',
      'two-blocks',
    ];
    const options = new Scenario({ profile: 'default', devices: 2, hours: 0.5, pools: 1, providers: 1 }).run(3);
    const simulation = new Simulation(options);
    const injector = new FaultInjector(simulation);
    // All at once, on one node, one pool and two devices.
    const faults = kinds.flatMap((kind) => [1, 2, 3, 4].map((seed) => ({ kind, seed, atMs: 120_000 })));
    injector.schedule(
      faults.map((fault, index) => ({ ...fault, index })),
      RUN_MS,
    );
    simulation.start();
    simulation.run(RUN_MS);
    expect(injector.injected).toEqual(Object.fromEntries(kinds.map((kind) => [kind, 4])));
    expect(simulation.observer.invariants.violation).toBeUndefined();
  });
});
