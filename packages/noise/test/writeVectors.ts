import { mkdirSync, writeFileSync } from 'node:fs';
import { createFailureVectors, createHandshakeVectors } from './createVectors.ts';

const folder = new URL('../../../vectors/noise/', import.meta.url);
mkdirSync(folder, { recursive: true });
const files = { 'handshake.json': createHandshakeVectors(), 'failures.json': createFailureVectors() };
for (const [name, content] of Object.entries(files)) {
  writeFileSync(new URL(name, folder), `${JSON.stringify(content, null, 2)}\n`);
}
