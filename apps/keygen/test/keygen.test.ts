import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import {
  decodeAuthorityPublicKey,
  decodeAuthoritySecretKey,
  encodeAuthorityPublicKey,
  publicKeyFromSecret,
} from '@stratumkit/noise';
import { runApp } from '@stratumkit/runtime';
import { expect, it, onTestFinished } from 'vitest';
import { keygen } from '../src/index.ts';

const SECRET = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n';
const PUBLIC = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';

async function run(argv: readonly string[], input = '') {
  const text = { out: '', err: '' };
  const collect = (key: 'out' | 'err') =>
    new Writable({
      write(chunk, _, done) {
        text[key] += String(chunk);
        done();
      },
    });
  const exitCode = await runApp(keygen, {
    argv,
    environment: {},
    stdin: Readable.from([input]),
    stdout: collect('out'),
    stderr: collect('err'),
    onSignal: () => () => {},
  });
  return { exitCode, ...text };
}

function createFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'keygen-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function expectPair(publicKey: string, secretKey: string): void {
  const derived = publicKeyFromSecret(decodeAuthoritySecretKey(secretKey));
  expect(encodeAuthorityPublicKey(derived)).toBe(publicKey);
  expect(decodeAuthorityPublicKey(publicKey)).toEqual(derived);
}

it('prints a new pair each time, in three forms', async () => {
  const text = /^public key: {2}(\w+)\nsecret key: {2}(\w+)\n$/.exec((await run([])).out)!;
  expectPair(text[1]!, text[2]!);
  const json = JSON.parse((await run(['--json'])).out);
  expectPair(json.authority_public_key, json.authority_secret_key);
  const toml = /^authority_public_key = "(\w+)"\nauthority_secret_key = "(\w+)"\n$/.exec((await run(['--toml'])).out)!;
  expectPair(toml[1]!, toml[2]!);
  expect(new Set([text[1], json.authority_public_key, toml[1]]).size).toBe(3);
});

it('shows the public key of a secret from a file or from standard input, and not the secret', async () => {
  const folder = createFolder();
  const [bare, config] = [join(folder, 'bare'), join(folder, 'pool.toml')];
  writeFileSync(bare, `${SECRET}\n`);
  writeFileSync(config, `listen_address = "x:1"\nauthority_secret_key = "${SECRET}"\n`);
  for (const file of [bare, config]) {
    expect(await run(['--from-secret', file])).toEqual({ exitCode: 0, out: `public key:  ${PUBLIC}\n`, err: '' });
  }
  const piped = await run(['--from-secret', '-', '--json'], SECRET);
  expect(piped.out).toBe(`{"authority_public_key":"${PUBLIC}"}\n`);
});

it('writes a file for its owner only, and never over another', async () => {
  const file = join(createFolder(), 'keys.toml');
  const { exitCode, out } = await run(['--toml', '--out', file]);
  expect(exitCode).toBe(0);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const written = readFileSync(file, 'utf8');
  const [, publicKey, secretKey] = /"(\w+)"\n.*"(\w+)"/.exec(written)!;
  expectPair(publicKey!, secretKey!);
  expect(out).toContain(publicKey);
  expect(out).not.toContain(secretKey);
  expect(await run(['--out', file])).toEqual({
    exitCode: 2,
    out: '',
    err: `keygen: cannot write ${file}: it exists\n`,
  });
  expect(readFileSync(file, 'utf8')).toBe(written);
});

it.each([
  [['--json', '--toml'], '', 'exclude each other'],
  [['--from-secret', '/nowhere/secret'], '', 'cannot read /nowhere/secret'],
  [['--from-secret', '-'], `${SECRET}x`, 'not valid base58check'],
  [['--from-secret', '-'], PUBLIC, 'form of an authority public key'],
  [['--from-secret', '-'], 'x'.repeat(5_000), 'too long'],
])('%j ends with 2 and the reason', async (argv, input, reason) => {
  const { exitCode, out, err } = await run(argv, input);
  expect(exitCode).toBe(2);
  expect(out).toBe('');
  expect(err).toContain(reason);
  if (input !== '') expect(err).not.toContain(input.slice(0, 8));
});
