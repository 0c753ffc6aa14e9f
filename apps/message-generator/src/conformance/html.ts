import type { FieldComparison } from '../run/failure.ts';
import type { TranscriptEntry } from '../run/report.ts';
import type { SuiteResult } from './runSuite.ts';
import { bySection, countOf, DISTURBED, type RepeatCommand } from './summary.ts';

export interface PageOptions {
  readonly role: string;
  /** What was tested, as the user named it. */
  readonly subject: string;
  readonly date: string;
  readonly repeat: RepeatCommand;
}

/** Messages before a failure that are shown. */
const SHOWN_MESSAGES = 12;

/** The run as one page that loads nothing and runs no script; all that the peer said is escaped. */
export function formatSuiteHtml(results: readonly SuiteResult[], options: PageOptions): string {
  const { role, subject, date } = options;
  const { passed, failed, skipped } = countOf(results);
  const failures = results.filter(({ report }) => report.outcome === 'failed');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${role}: ${passed} passed, ${failed} failed, ${skipped} skipped`)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
<h1>Stratum V2 conformance: ${escapeHtml(role)}</h1>
<p>${escapeHtml(subject)} · ${escapeHtml(date)}</p>
<p class="counts"><span class="passed">${passed} passed</span> <a class="failed" href="#failures">${failed} failed</a> <span class="skipped">${skipped} skipped</span></p>
</header>
<main>
${sectionTable(results)}
${failures.length === 0 ? '<p>No test failed.</p>' : `<h2 id="failures">Failures</h2>\n${failures.map((result) => failure(result, options)).join('\n')}`}
<h2>All tests</h2>
${[...bySection(results)].map(([section, group]) => sectionList(section, group)).join('\n')}
</main>
</body>
</html>
`;
}

/** Text as it may stand in an element or an attribute; control characters become visible. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/gu, (character) =>
      character === '\n' ? character : `\\u${(character.codePointAt(0) ?? 0).toString(16).padStart(4, '0')}`,
    )
    .replaceAll(/[&<>"'`]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Text of the specification, whose names stand between backticks. */
function prose(text: string): string {
  return escapeHtml(text).replaceAll(/&#96;(.+?)&#96;/g, '<code>$1</code>');
}

function sectionTable(results: readonly SuiteResult[]): string {
  const rows = [...bySection(results)].map(([section, group]) => {
    const { passed, failed, skipped } = countOf(group);
    const link = `<a href="#section-${anchor(section)}">${escapeHtml(section)}</a>`;
    return `<tr><th scope="row">${link}</th>${cell('passed', passed)}${cell('failed', failed)}${cell('skipped', skipped)}</tr>`;
  });
  return `<table class="sections">
<thead><tr><th>section</th><th>passed</th><th>failed</th><th>skipped</th></tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`;
}

function cell(name: string, count: number): string {
  return `<td class="${count === 0 ? 'none' : name}">${count}</td>`;
}

function sectionList(section: string, group: readonly SuiteResult[]): string {
  const items = group.map(({ test, report }) => {
    const { id, level, sentence, proves } = test.about;
    const why = report.reason === undefined ? '' : `<p class="why">${escapeHtml(report.reason)}</p>`;
    const name = report.outcome === 'failed' ? `<a href="#${anchor(id)}">${escapeHtml(id)}</a>` : escapeHtml(id);
    return `<li class="${report.outcome}"><details><summary><b>${report.outcome}</b> <code>${name}</code> ${level}: ${escapeHtml(proves)}</summary><blockquote>${prose(sentence)}</blockquote></details>${why}</li>`;
  });
  return `<section id="section-${anchor(section)}"><h3>${escapeHtml(section)}</h3>\n<ul>\n${items.join('\n')}\n</ul></section>`;
}

function failure({ test, report, disturbed }: SuiteResult, { repeat }: PageOptions): string {
  const { id, level, section, sentence, proves, spec } = test.about;
  const parts = report.failures.map(({ message, expected, received, comparison, actionDoc }) =>
    [
      actionDoc === '' ? '' : `<p>At: ${escapeHtml(actionDoc)}</p>`,
      `<p class="message">${escapeHtml(message)}</p>`,
      expected === undefined ? '' : `<p>Expected: <code>${escapeHtml(expected)}</code></p>`,
      received === undefined ? '' : `<p>Received: <code>${escapeHtml(received)}</code></p>`,
      comparison.length === 0 ? '' : comparisonTable(comparison),
    ].join('\n'),
  );
  return `<article class="failure" id="${anchor(id)}">
<h3><code>${escapeHtml(id)}</code></h3>
<p>${level} · section ${escapeHtml(section)} · specification ${escapeHtml(spec)}</p>
<blockquote>${prose(sentence)}</blockquote>
<p>${escapeHtml(proves)}</p>
${parts.join('\n')}
${disturbed ? `<p>${escapeHtml(DISTURBED)}</p>` : ''}
${messages(report.transcript)}
<p>Again:</p>
<pre>${escapeHtml(repeat(id))}</pre>
</article>`;
}

function comparisonTable(rows: readonly FieldComparison[]): string {
  const body = rows.map(
    ({ field, expected, received, differs }) =>
      `<tr${differs ? ' class="differs"' : ''}><th scope="row">${escapeHtml(field)}</th><td>${escapeHtml(expected ?? '')}</td><td>${escapeHtml(received ?? '')}</td></tr>`,
  );
  return `<table class="fields"><thead><tr><th>field</th><th>expected</th><th>received</th></tr></thead><tbody>\n${body.join('\n')}\n</tbody></table>`;
}

function messages(transcript: readonly TranscriptEntry[]): string {
  const shown = transcript.slice(-SHOWN_MESSAGES);
  if (shown.length === 0) return '';
  const rows = shown.map(
    ({ atMs, connection, direction, title, detail }) =>
      `<tr class="${direction}"><td>${atMs.toFixed(1)}</td><td>${escapeHtml(connection)}</td><td>${direction}</td><td>${escapeHtml(title)}</td><td><code>${escapeHtml(detail)}</code></td></tr>`,
  );
  return `<table class="messages"><caption>Last messages, in ms since the start</caption><thead><tr><th>ms</th><th>connection</th><th></th><th>message</th><th>fields</th></tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function anchor(text: string): string {
  return text.replaceAll(/[^a-z0-9-]/gi, '-');
}

const STYLE = `
:root { color-scheme: light dark; --passed: #1a7f37; --failed: #cf222e; --skipped: #9a6700; --line: #8885; }
@media (prefers-color-scheme: dark) { :root { --passed: #3fb950; --failed: #f85149; --skipped: #d29922; } }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 72rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; margin: 0; } p, th, td, summary, blockquote { overflow-wrap: anywhere; } h2 { margin-top: 2rem; } h3 { margin-bottom: .25rem; }
code, pre { font: 13px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { background: #8881; padding: .6rem; white-space: pre-wrap; }
table { border-collapse: collapse; margin: .75rem 0; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .7rem; text-align: left; vertical-align: top; }
.sections td { text-align: right; }
caption { text-align: left; font-weight: 600; }
blockquote { border-left: 3px solid var(--line); margin: .4rem 0; padding-left: .8rem; }
ul { list-style: none; padding-left: 0; } li { padding: .1rem 0; }
.counts span, .counts a { font-weight: 600; margin-right: 1rem; }
.passed, .passed summary b { color: var(--passed); } .failed, .failed summary b { color: var(--failed); }
.skipped, .skipped summary b { color: var(--skipped); } .none { opacity: .4; }
li summary { color: CanvasText; cursor: pointer; } .why { margin: 0 0 .3rem 1.2rem; }
.failure h3 code { font-size: 15px; font-weight: 700; }
.failure { border: 1px solid var(--line); border-left: 4px solid var(--failed); margin: 1rem 0; padding: .2rem 1rem .8rem; }
.message { font-weight: 600; } .differs { background: #cf222e33; font-weight: 600; }
.sent td:nth-child(3) { color: var(--skipped); }
.messages td:nth-child(4) { overflow-wrap: break-word; }
.messages td:first-child { font-variant-numeric: tabular-nums; text-align: right; }
.messages td:nth-child(-n + 3), .messages th, .fields th { overflow-wrap: normal; white-space: nowrap; }
@media (max-width: 48rem) {
  body { padding: 1rem; } .failure { padding: .2rem .7rem .7rem; }
  .messages thead { display: none; } .messages, .messages tbody, .messages caption { display: block; }
  .messages tr { border-bottom: 1px solid var(--line); display: block; padding: .3rem 0; }
  .messages td { border: 0; display: inline-block; padding: 0 .5rem 0 0; } .messages td:last-child { display: block; }
  .fields th, .fields td { padding: .2rem .4rem .2rem 0; } .fields th { white-space: normal; }
}
`;
