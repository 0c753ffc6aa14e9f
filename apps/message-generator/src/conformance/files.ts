import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '@stratumkit/codec';
import type { About, TestedRole, TestPlan } from '../format/model.ts';
import { parseTestFile } from '../format/parseTest.ts';

/** One test of the suite. */
export interface ConformanceTest {
  readonly about: About;
  readonly plan: TestPlan;
}

/** The tests for a role, by section and id. Throws TestFileError for a file that is wrong. */
export function readConformanceTests(role: TestedRole, folder: string = suiteFolder()): readonly ConformanceTest[] {
  const files = readdirSync(join(folder, role)).filter((name) => name.endsWith('.json'));
  const tests = files.map((name) => {
    const plan = parseTestFile(join(folder, role, name));
    const { about } = plan;
    if (about === undefined) throw new ConfigError('no-conformance', `${plan.file} says nothing about itself`);
    return { about, plan };
  });
  return tests.sort((a, b) => compareSections(a.about, b.about) || (a.about.id < b.about.id ? -1 : 1));
}

/**
 * Those that one of the filters names: an id with or without its role, a pattern with `*`, or a section with those below it.
 * Throws ConfigError `no-such-test` for a filter that names none.
 */
export function selectTests(tests: readonly ConformanceTest[], filters: readonly string[]): readonly ConformanceTest[] {
  if (filters.length === 0) return tests;
  const selected = tests.filter(({ about }) => filters.some((filter) => isNamed(about, filter)));
  for (const filter of filters) {
    if (!tests.some(({ about }) => isNamed(about, filter))) {
      throw new ConfigError('no-such-test', `--only ${filter}: no test has such an id, and none is of such a section`);
    }
  }
  return selected;
}

function isNamed({ id, role, section }: About, filter: string): boolean {
  if (section === filter || section.startsWith(`${filter}.`) || section.startsWith(`${filter} `)) return true;
  const pattern = filter.includes('/') ? filter : `${role}/${filter}`;
  const parts = pattern.split('*').map((part) => part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'u').test(id);
}

/** 5.3.2 comes before 5.3.10, extensions after the core. */
function compareSections(a: About, b: About): number {
  const key = ({ section }: About) => section.split(/[ .]/).map(Number);
  const [left, right] = [key(a), key(b)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = rank(left[index], a.section) - rank(right[index], b.section);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(part: number | undefined, section: string): number {
  if (part === undefined) return -1;
  if (Number.isNaN(part)) return 1_000_000;
  return part + (section.startsWith('0x') ? 1_000 : 0);
}

/** The folder of the package, wherever this module was bundled to. */
function suiteFolder(): string {
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return join(folder, 'conformance');
    if (folder === dirname(folder)) throw new ConfigError('no-conformance', 'the files of the suite are not there');
  }
}
