import { readdirSync, readFileSync } from 'node:fs';
import { ALL_MESSAGES } from '@stratumkit/messages';
import { describe, expect, it } from 'vitest';
import { PROTOCOL_DOCS, protocolPages } from '../scripts/protocolDocs.ts';

describe('docs/protocol', () => {
  const pages = protocolPages();

  it.each([...pages.keys()])('%s is what `pnpm docs` writes', (name) => {
    expect(readFileSync(new URL(name, PROTOCOL_DOCS), 'utf8')).toBe(pages.get(name));
  });

  it('holds no other page', () => {
    expect(readdirSync(PROTOCOL_DOCS).sort()).toEqual([...pages.keys()].sort());
  });

  it('names every message and every field', () => {
    const text = [...pages.values()].join('\n');
    for (const { name, specNames } of ALL_MESSAGES) {
      expect(text).toContain(`## ${name}\n`);
      for (const field of Object.values(specNames)) expect(text).toContain(`\`${field}\``);
    }
  });
});
