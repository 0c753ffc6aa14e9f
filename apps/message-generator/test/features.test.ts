import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const page = readFileSync(join(import.meta.dirname, '../../../docs/test-format.md'), 'utf8');
const rows = page
  .slice(page.indexOf('## Each feature and its tests'))
  .split('\n')
  .filter((line) => line.startsWith('| ') && line.includes('.test.ts'))
  .map((line) => line.split('|').map((cell) => cell.trim()));

it.each(rows.map(([, feature = '', file = '', passes = '', fails = '']) => ({ feature, file, passes, fails })))(
  'the page of the format names tests of $feature that exist',
  ({ file, passes, fails }) => {
    const source = readFileSync(join(import.meta.dirname, file.replaceAll('`', '')), 'utf8');
    for (const name of [passes, fails].filter((text) => text !== '')) expect(source).toContain(`'${name}`);
    expect(passes).not.toBe('');
  },
);
