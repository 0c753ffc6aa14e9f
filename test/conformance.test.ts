import { existsSync, readFileSync } from 'node:fs';
import { readConformanceTests, TESTED_ROLES } from '@stratumkit/message-generator';
import { describe, expect, it } from 'vitest';
import { CONFORMANCE_PAGE, conformancePage, seenFromOutside, splitTest } from '../scripts/conformance/docs.ts';
import { everyOutside, outsideOf } from '../scripts/conformance/outside.ts';
import { ROWS } from '../scripts/conformance/rows.ts';
import { SUITE_PAGE, suitePage } from '../scripts/conformance/suiteDocs.ts';

describe('docs/conformance.md', () => {
  it('is what `pnpm docs` writes', () => {
    expect(readFileSync(CONFORMANCE_PAGE, 'utf8')).toBe(conformancePage());
  });

  it('has a test or a reason in every row', () => {
    expect(ROWS.filter(({ tests, note }) => tests.length === 0 && note === undefined)).toEqual([]);
  });

  it('has a test of the suite in every row, or the reason why nothing is seen from outside, and not both', () => {
    const wrong = ROWS.filter((row) => {
      const { tests, unseen } = seenFromOutside(row);
      return tests.length > 0 === (unseen !== undefined);
    });
    expect(wrong.map(({ section, sentence }) => [section, sentence])).toEqual([]);
  });

  it('names tests of the suite that exist, and says nothing of sentences that are no row', () => {
    const ids = new Set(TESTED_ROLES.flatMap((role) => readConformanceTests(role)).map(({ about }) => about.id));
    expect(everyOutside().flatMap(({ tests = [] }) => tests.filter((id) => !ids.has(id)))).toEqual([]);
    const used = new Set(ROWS.map(outsideOf));
    expect(everyOutside().filter((entry) => !used.has(entry))).toEqual([]);
  });

  const cited = [...new Set(ROWS.flatMap(({ tests }) => tests))];
  it.each(cited)('cites a test that exists: %s', (test) => {
    const { file, title } = splitTest(test);
    const path = new URL(`../${file}`, import.meta.url);
    expect(existsSync(path)).toBe(true);
    const source = readFileSync(path, 'utf8');
    const quoted = ["'", '"', '`'].some(
      (quote) =>
        source.includes(quote + title.replaceAll("'", "\\'") + quote) || source.includes(quote + title + quote),
    );
    expect(quoted).toBe(true);
  });
});

describe('docs/conformance-suite.md', () => {
  it('is what `pnpm docs` writes', () => {
    expect(readFileSync(SUITE_PAGE, 'utf8')).toBe(suitePage());
  });
});
