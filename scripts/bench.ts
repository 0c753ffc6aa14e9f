/**
 * `pnpm bench [--filter TEXT] [--time MS] [--out FILE]`: runs `bench/*.bench.ts` of every room, prints a table and writes JSON.
 *
 * A bench file exports `register(bench)`, which adds tasks to a tinybench `Bench`, or `run(options)`, which measures a whole system and
 * returns rows. Figures that are compared come from one run: a machine's speed drifts.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';

/** One measured figure. `unit` says what `median` and `p95` are counted in. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly samples?: number;
}

interface BenchModule {
  register?(bench: Bench): void | Promise<void>;
  run?(options: { readonly timeMs: number }): Promise<readonly BenchRow[]>;
}

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values } = parseArgs({
  options: { filter: { type: 'string' }, time: { type: 'string', default: '500' }, out: { type: 'string' } },
  allowPositionals: false,
});
const timeMs = Number(values.time);
if (!(timeMs >= 1)) throw new Error(`--time ${values.time}: a number of milliseconds, 1 or more`);

const files = globSync(['packages/*/bench/**/*.bench.ts', 'apps/*/bench/**/*.bench.ts', 'bench/**/*.bench.ts'], {
  cwd: root,
}).sort();
const rows: (BenchRow & { file: string })[] = [];
for (const file of files) {
  const wholeFile = values.filter === undefined || file.includes(values.filter);
  const module = (await import(pathToFileURL(join(root, file)).href)) as BenchModule;
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 5, throws: true });
  await module.register?.(bench);
  if (!wholeFile) for (const task of bench.tasks) if (!task.name.includes(values.filter ?? '')) bench.remove(task.name);
  if (bench.tasks.length > 0) {
    await bench.run();
    for (const task of bench.tasks) {
      if (!('latency' in task.result)) throw new Error(`${file}: ${task.name} did not complete: ${task.result.state}`);
      const { latency } = task.result;
      rows.push({
        file,
        name: task.name,
        unit: 'us',
        median: latency.p50 * 1000,
        p99: latency.p99 * 1000,
        samples: latency.samplesCount,
      });
    }
  }
  if (wholeFile) for (const row of (await module.run?.({ timeMs })) ?? []) rows.push({ file, ...row });
}
if (rows.length === 0)
  throw new Error(`no benchmark matches ${values.filter ?? 'bench/*.bench.ts'}; there are: ${files.join(', ')}`);

const width = Math.max(...rows.map((row) => row.name.length));
let previous = '';
for (const row of rows) {
  if (row.file !== previous) console.log(`\n${row.file}`);
  previous = row.file;
  console.log(`  ${row.name.padEnd(width)}  ${figure(row.median).padStart(12)} ${row.unit}`);
}

const out = values.out ?? join(root, 'bench-results', 'latest.json');
mkdirSync(dirname(out), { recursive: true });
const report = {
  commit: commit(),
  node: process.version,
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  timeMs,
  rows,
};
writeFileSync(out, `${JSON.stringify(report, null, 2)}\n`);
console.log(`\n${rows.length} figures written to ${relative(process.cwd(), out)}`);

function figure(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
