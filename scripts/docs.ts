/** `pnpm docs`: writes the generated pages. Tests hold the committed ones equal to what this would write. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { COMMAND_DOCS, commandPages } from './commandDocs.ts';
import { COMMANDS, SUITES } from './commands.ts';
import { CONFORMANCE_PAGE, conformancePage } from './conformance/docs.ts';
import { SUITE_PAGE, suitePage } from './conformance/suiteDocs.ts';
import { PROTOCOL_DOCS, protocolPages } from './protocolDocs.ts';

write(PROTOCOL_DOCS, protocolPages());
write(COMMAND_DOCS, commandPages(COMMANDS, SUITES));
writeFileSync(CONFORMANCE_PAGE, conformancePage());
writeFileSync(SUITE_PAGE, suitePage());

function write(folder: URL, pages: ReadonlyMap<string, string>): void {
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of pages) writeFileSync(new URL(name, folder), text);
  console.log(`${pages.size} pages written to ${folder.pathname}`);
}
