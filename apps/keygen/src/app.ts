import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { ConfigError } from '@stratumkit/codec';
import { decodeAuthoritySecretKey } from '@stratumkit/noise';
import { boolean, defineApp, randomBytes, string } from '@stratumkit/runtime';
import { createKeys, keysFromSecret } from './createKeys.ts';
import { formatKeys, type KeyFormat } from './formatKeys.ts';

const MAX_INPUT_BYTES = 4_096;

/** The command `keygen`; `runApp` of `@stratumkit/runtime` runs it. */
export const keygen = defineApp({
  name: 'keygen',
  version: '0.0.0',
  description: 'Makes an authority key pair for a Stratum V2 server, or shows the public key of a secret one.',
  examples: [
    { command: 'keygen', does: 'print a new pair' },
    {
      command: 'keygen --toml --out keys.toml',
      does: 'write the lines for a pool configuration, readable by you only',
    },
    { command: 'keygen --from-secret secret.txt', does: 'print the public key of the secret in a file' },
    { command: 'pass show pool | keygen --from-secret - --json', does: 'the same from standard input, as JSON' },
  ],
  options: {
    json: boolean({ doc: 'print JSON', default: false }),
    toml: boolean({ doc: 'print lines to paste into a pool configuration', default: false }),
    from_secret: string({
      doc: 'take the secret key from this file, or from standard input for -; only the public key is printed',
      placeholder: 'file',
      optional: true,
    }),
    out: string({
      doc: 'write to this new file with mode 600 instead of printing',
      placeholder: 'file',
      optional: true,
    }),
  },
  check({ json, toml }) {
    if (json && toml) throw new ConfigError('invalid-config', '--json and --toml exclude each other');
  },
  async run({ json, toml, fromSecret, out }, { process }) {
    const format: KeyFormat = json ? 'json' : toml ? 'toml' : 'text';
    const given = fromSecret === undefined ? undefined : await readSecret(fromSecret, process.stdin);
    const keys = given === undefined ? createKeys(randomBytes) : keysFromSecret(given);
    const text = formatKeys(keys, format, given === undefined);
    if (out === undefined) {
      process.stdout.write(text);
    } else {
      writePrivateFile(out, text);
      process.stdout.write(`public key:  ${keys.publicKey}\nwritten to ${out}\n`);
    }
    return 0;
  },
});

/** The key alone, or a configuration that has a line `authority_secret_key = "..."`. */
async function readSecret(source: string, stdin: Readable): Promise<Uint8Array> {
  const text = source === '-' ? await readAll(stdin) : readFile(source);
  const line = /^\s*authority_secret_key\s*=\s*["']([^"']*)["']/m.exec(text)?.[1];
  return decodeAuthoritySecretKey(line ?? text.trim());
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new ConfigError('unreadable', `cannot read ${path}`, { cause });
  }
}

async function readAll(stdin: Readable): Promise<string> {
  let text = '';
  for await (const chunk of stdin) {
    text += String(chunk);
    if (text.length > MAX_INPUT_BYTES) throw new ConfigError('unreadable', 'standard input is too long for a key');
  }
  return text;
}

/** Never overwrites: a lost authority key cuts off every client that trusts it. */
function writePrivateFile(path: string, text: string): void {
  let file: number;
  try {
    file = openSync(path, 'wx', 0o600);
  } catch (cause) {
    const exists = (cause as NodeJS.ErrnoException).code === 'EEXIST';
    throw new ConfigError('unwritable', `cannot write ${path}${exists ? ': it exists' : ''}`, { cause });
  }
  try {
    writeSync(file, text);
  } finally {
    closeSync(file);
  }
}
