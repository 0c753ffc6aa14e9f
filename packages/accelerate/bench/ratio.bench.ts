import { Bench } from 'tinybench';
import { register as registerHash } from './hash.bench.ts';
import { register as registerNoise } from './noise.bench.ts';

interface Ratio {
  readonly name: string;
  readonly unit: 'times';
  readonly median: number;
}

/** How many times faster than the portable back end, by medians of one run of its own. */
export async function run({ timeMs }: { readonly timeMs: number }): Promise<readonly Ratio[]> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 5, throws: true });
  registerNoise(bench);
  registerHash(bench);
  await bench.run();
  const medians = new Map<string, number>();
  for (const { name, result } of bench.tasks) {
    if (!('latency' in result)) throw new Error(`${name} did not complete: ${result.state}`);
    medians.set(name, result.latency.p50);
  }
  return [...medians].flatMap(([name, median]): Ratio[] => {
    const [backEnd, operation] = name.split(': ') as [string, string];
    if (backEnd === 'portable') return [];
    const portable = medians.get(`portable: ${operation}`);
    if (portable === undefined) throw new Error(`${name} has nothing to be compared with`);
    return [{ name: `${backEnd} over portable: ${operation}`, unit: 'times', median: portable / median }];
  });
}
