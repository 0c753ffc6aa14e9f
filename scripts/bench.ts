/**
 * `pnpm bench [--filter TEXT] [--time MS] [--out FILE]`: runs `bench/*.bench.ts` of every room, prints a table and writes JSON.
 *
 * A bench file exports `register(bench)`, which adds tasks to a tinybench `Bench`, or `run(options)`, which measures a whole system and
 * returns rows, ratios among them. Figures that are compared come from one run: a machine's speed drifts.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { Bench } from 'tinybench';

/** One measured figure. `unit` says what the numbers are counted in. */
export interface BenchRow {
  readonly name: string;
  readonly unit: string;
  readonly median: number;
  readonly p95?: number;
  readonly p99?: number;
  /** Of all samples or runs; the largest where more is better. */
  readonly best?: number;
  readonly samples?: number;
}

interface BenchModule {
  register?(bench: Bench): void | Promise<void>;
  run?(options: { readonly timeMs: number }): Promise<readonly BenchRow[]>;
}

const COLUMNS = ['median', 'p95', 'p99', 'best'] as const;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const USAGE = `Usage: npx pnpm@12 bench [--filter TEXT] [--time MS] [--out FILE]

  --filter TEXT  only files and figures whose name holds this
  --time MS      for each figure at least (default: 100)
  --out FILE     JSON goes here (default: bench-results/latest.json)`;
const values = readFlags();
const timeMs = Number(values.time);

const files = globSync(['packages/*/bench/**/*.bench.ts', 'apps/*/bench/**/*.bench.ts', 'bench/**/*.bench.ts'], {
  cwd: root,
}).sort();
const rows: (BenchRow & { file: string })[] = [];
const failed: { readonly file: string; readonly error: string }[] = [];
for (const file of files) {
  const measured = await measure(file).catch((error: unknown) => {
    // On a busy machine one of them may run into a limit; the others are worth having all the same.
    console.error(`\n${file} failed:`, error);
    failed.push({ file, error: String(error) });
    process.exitCode = 1;
    return [];
  });
  if (measured.length === 0) continue;
  console.log(`\n${file}`);
  printTable(measured);
  rows.push(...measured.map((row) => ({ file, ...row })));
}
if (rows.length === 0 && failed.length === 0)
  throw new Error(`no benchmark matches ${values.filter ?? 'bench/*.bench.ts'}; there are: ${files.join(', ')}`);

const out = values.out ?? join(root, 'bench-results', 'latest.json');
mkdirSync(dirname(out), { recursive: true });
writeFileSync(out, `${JSON.stringify({ ...machine(), timeMs, rows, failed }, null, 2)}\n`);
console.log(`\n${rows.length} figures written to ${relative(process.cwd(), out)}`);

function readFlags() {
  try {
    const { values: flags } = parseArgs({
      options: {
        filter: { type: 'string' },
        time: { type: 'string', default: '100' },
        out: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      allowPositionals: false,
    });
    if (!(Number(flags.time) >= 1)) throw new Error(`--time ${flags.time}: a number of milliseconds, 1 or more`);
    if (flags.help !== true) return flags;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function measure(file: string): Promise<readonly BenchRow[]> {
  const wholeFile = values.filter === undefined || file.includes(values.filter);
  const module = (await import(pathToFileURL(join(root, file)).href)) as BenchModule;
  return [
    ...(module.register === undefined ? [] : await runTasks(file, module.register, wholeFile)),
    ...((wholeFile && (await module.run?.({ timeMs }))) || []),
  ];
}

async function runTasks(
  file: string,
  register: NonNullable<BenchModule['register']>,
  wholeFile: boolean,
): Promise<BenchRow[]> {
  const bench = new Bench({ time: timeMs, warmupTime: timeMs / 5, throws: true });
  await register(bench);
  if (!wholeFile) {
    for (const { name } of bench.tasks) if (!name.includes(values.filter ?? '')) bench.remove(name);
  }
  if (bench.tasks.length === 0) return [];
  await bench.run();
  return bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${file}: ${name} did not complete: ${result.state}`);
    const { p50, p99, min, samplesCount: samples } = result.latency;
    return { name, unit: 'us', median: p50 * 1000, p99: p99 * 1000, best: min * 1000, samples };
  });
}

function printTable(measured: readonly BenchRow[]): void {
  const width = Math.max(...measured.map(({ name }) => name.length));
  console.log(`  ${' '.repeat(width)}${COLUMNS.map((column) => column.padStart(11)).join('')}`);
  for (const row of measured) {
    const cells = COLUMNS.map((column) => figure(row[column]).padStart(11)).join('');
    console.log(`  ${row.name.padEnd(width)}${cells}  ${row.unit}`);
  }
}

function figure(value: number | undefined): string {
  if (value === undefined) return '';
  return value >= 100 ? value.toFixed(0) : value.toPrecision(3);
}

function machine() {
  return {
    commit: commit(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${release()} ${process.arch}`,
    loadAtEnd: loadavg()[0],
  };
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
}
