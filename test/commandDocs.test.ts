import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMAND_DOCS, commandPages } from '../scripts/commandDocs.ts';
import { COMMANDS, SUITES } from '../scripts/commands.ts';

describe('docs/commands', () => {
  const pages = commandPages(COMMANDS, SUITES);

  it.each([...pages.keys()])('%s is what `pnpm docs` writes', (name) => {
    expect(readFileSync(new URL(name, COMMAND_DOCS), 'utf8')).toBe(pages.get(name));
  });

  it('holds no other page', () => {
    expect(readdirSync(COMMAND_DOCS).sort()).toEqual([...pages.keys()].sort());
  });

  it('has a page for every app with a command', () => {
    const apps = readdirSync(new URL('../apps/', import.meta.url));
    expect([...COMMANDS, ...SUITES].map(({ folder }) => folder).sort()).toEqual(apps.sort());
  });

  it('never shows a secret as a flag', () => {
    for (const text of pages.values()) expect(text).not.toMatch(/--[a-z-]*(secret-key|password)\b/);
  });
});
