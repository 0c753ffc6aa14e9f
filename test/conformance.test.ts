import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CONFORMANCE_PAGE, conformancePage, splitTest } from '../scripts/conformance/docs.ts';
import { ROWS } from '../scripts/conformance/rows.ts';
import { SUITE_PAGE, suitePage } from '../scripts/conformance/suiteDocs.ts';

describe('docs/conformance.md', () => {
  it('is what `pnpm docs` writes', () => {
    expect(readFileSync(CONFORMANCE_PAGE, 'utf8')).toBe(conformancePage());
  });

  it('has a test or a reason in every row', () => {
    expect(ROWS.filter(({ tests, note }) => tests.length === 0 && note === undefined)).toEqual([]);
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
