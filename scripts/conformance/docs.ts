import { page, table } from '../markdown.ts';
import { ROWS, type Row, SPEC_COMMIT } from './rows.ts';

/** Where the page goes. */
export const CONFORMANCE_PAGE: URL = new URL('../../docs/conformance.md', import.meta.url);

const NOTICE = '<!-- Written by `pnpm docs` from scripts/conformance/rows.ts. Do not edit. -->';

/** The page. */
export function conformancePage(rows: readonly Row[] = ROWS): string {
  const withTest = rows.filter(({ tests }) => tests.length > 0).length;
  return page(NOTICE, [
    '# Conformance',
    `Every MUST, MUST NOT and SHOULD of sections 3, 4, 5, 7 and 10 of \`stratum-mining/sv2-spec\` and of extensions 0x0001 and 0x0002, at commit \`${SPEC_COMMIT.slice(0, 7)}\`, with the tests that prove it or the reason why it does not apply. ${rows.length} sentences, ${withTest} with tests. Where the text is unclear or contradicts itself, [spec-notes.md](spec-notes.md) says what is done. A proxy is a server for its downstreams and a client of its upstream, by the same machines as pool and device; it is named where a sentence speaks of proxies, or where its transparent mode has code of its own.`,
    table(
      ['section', 'sentence', 'binds', 'shown by'],
      rows.map((row) => [row.section, row.sentence, row.binds.join(', '), proof(row)]),
    ),
  ]);
}

function proof({ tests, note }: Row): string {
  const links = tests.map((test) => {
    const { file, title } = splitTest(test);
    return `[${title.replaceAll('`', '')}](../${file})`;
  });
  return [...links, ...(note === undefined ? [] : [note])].join('<br>');
}

/** `file: title` as two. */
export function splitTest(test: string): { file: string; title: string } {
  const at = test.indexOf(': ');
  return { file: test.slice(0, at), title: test.slice(at + 2) };
}
