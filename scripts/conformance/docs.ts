import { readConformanceTests, TESTED_ROLES } from '@stratumkit/message-generator';
import { page, table } from '../markdown.ts';
import { outsideOf } from './outside.ts';
import { ROWS, type Row, SPEC_COMMIT } from './rows.ts';

/** Where the page goes. */
export const CONFORMANCE_PAGE: URL = new URL('../../docs/conformance.md', import.meta.url);

const NOTICE = '<!-- Written by `pnpm docs` from scripts/conformance/rows.ts. Do not edit. -->';

/** The page. */
export function conformancePage(rows: readonly Row[] = ROWS): string {
  const withTest = rows.filter(({ tests }) => tests.length > 0).length;
  const fromOutside = rows.filter((row) => seenFromOutside(row).tests.length > 0).length;
  return page(NOTICE, [
    '# Conformance',
    `Every MUST, MUST NOT and SHOULD of sections 3, 4, 5, 7 and 10 of \`stratum-mining/sv2-spec\` and of extensions 0x0001 and 0x0002, at commit \`${SPEC_COMMIT.slice(0, 7)}\`, with the tests that prove it or the reason why it does not apply, and the tests of the [conformance suite](conformance-suite.md) that show it from outside. ${rows.length} sentences, ${withTest} with tests, ${fromOutside} shown from outside; for the others the last column says why not. Where the text is unclear or contradicts itself, [spec-notes.md](spec-notes.md) says what is done. A proxy is a server for its downstreams and a client of its upstream, by the same machines as pool and device; it is named where a sentence speaks of proxies, or where its transparent mode has code of its own.`,
    table(
      ['section', 'sentence', 'binds', 'shown by', 'suite'],
      rows.map((row) => [row.section, row.sentence, row.binds.join(', '), proof(row), suiteCell(row)]),
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

const SUITE = TESTED_ROLES.flatMap((role) => readConformanceTests(role));
/** A shorter piece of a sentence may stand in another one by chance. */
const TELLING_LENGTH = 25;

/** What shows the sentence from outside, or why nothing does. */
export function seenFromOutside(row: Row): { readonly tests: readonly string[]; readonly unseen: string | undefined } {
  const { tests = [], unseen } = outsideOf(row) ?? {};
  return { tests: [...new Set([...quotingTests(row), ...tests])], unseen };
}

function suiteCell(row: Row): string {
  const { tests, unseen } = seenFromOutside(row);
  const links = tests.map((id) => `[${id}](conformance-suite.md#${id.slice(0, id.indexOf('/'))})`);
  return [...links, ...(unseen === undefined ? [] : [unseen])].join('<br>');
}

/** Ids of the tests of the conformance suite that quote the same sentence. */
function quotingTests({ section, sentence }: Row): readonly string[] {
  const pieces = piecesOf(sentence);
  const found = SUITE.filter(({ about }) => {
    if (about.section !== section.replace(', ', ' ')) return false;
    const others = piecesOf(about.sentence);
    return pieces.some((piece) => others.some((other) => other.includes(piece) || piece.includes(other)));
  });
  return found.map(({ about }) => about.id);
}

function piecesOf(sentence: string): readonly string[] {
  return sentence
    .replaceAll(/[`*’']/g, '')
    .split(/…|\.\.\.|\[[^\]]*\]/)
    .map((piece) => piece.trim())
    .filter((piece) => piece.length >= TELLING_LENGTH);
}

/** `file: title` as two. */
export function splitTest(test: string): { file: string; title: string } {
  const at = test.indexOf(': ');
  return { file: test.slice(0, at), title: test.slice(at + 2) };
}
