import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@stratumkit/testing';
import { afterAll, expect, it } from 'vitest';
import { stopAll } from './ourRoles.ts';

/** The newcomer's page, done as it says: its files are saved, its commands run, and what they print is what it shows. */
const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/message-generator.md'), 'utf8');

const folder = mkdtempSync(join(tmpdir(), 'message-generator-'));
const children = new Set<ChildProcess>();
afterAll(async () => {
  await stopAll(children);
  rmSync(folder, { recursive: true });
});

/** A dozen processes start one after the other, on a machine that does other things too. */
const PATIENCE_MS = 300_000;

interface Running {
  readonly child: ChildProcess;
  /** Everything it printed so far. */
  text(): string;
  /** Resolves when it has printed this, rejects when it ends before. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
  readonly ended: Promise<number | null>;
}

/** `npx pnpm@12 NAME ARGUMENTS` without the package manager. */
function start(command: string): Running {
  const [name = '', ...args] = command.replace(/^npx pnpm@12 /, '').split(' ');
  const main = join(root, 'apps', name, 'src/main.ts');
  const child = spawn(process.execPath, ['--conditions=@stratumkit/source', main, ...args], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.add(child);
  let printed = '';
  const waiting: { pattern: RegExp; resolve(match: RegExpExecArray): void; reject(error: Error): void }[] = [];
  const look = () => {
    for (const entry of waiting) {
      const match = entry.pattern.exec(printed);
      if (match !== null) entry.resolve(match);
    }
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk;
      look();
    });
  }
  const ended = new Promise<number | null>((resolve) => child.on('close', resolve));
  void ended.then((code) => {
    for (const { pattern, reject } of waiting) reject(new Error(`ended (${code}) without ${pattern}:\n${printed}`));
  });
  const prints = (pattern: RegExp) =>
    new Promise<RegExpExecArray>((resolve, reject) => {
      waiting.push({ pattern, resolve, reject });
      look();
    });
  return { child, text: () => printed, prints, ended };
}

async function run(command: string, exitCode = 0): Promise<string> {
  const running = start(command);
  const code = await running.ended;
  expect(code, running.text()).toBe(exitCode);
  return running.text();
}

/** The block of the page behind this text. */
function blockAfter(text: string, language: string): string {
  const found = new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page.slice(page.indexOf(text)));
  if (found === null || !page.includes(text)) throw new Error(`the page has no ${language} block behind: ${text}`);
  return found[1] ?? '';
}

/** Lines without what differs from run to run. */
const shape = (text: string) =>
  text
    .split('\n')
    .map((line) => line.replaceAll(/\d+/g, 'N').trim())
    .filter((line) => line !== '');

it(
  'the newcomer page works as written',
  async () => {
    const ports = { 3333: await freePort(), 3340: await freePort(), 3341: await freePort() };
    const here = (text: string) =>
      Object.entries(ports).reduce((changed, [port, free]) => changed.replaceAll(port, String(free)), text);
    const commands = [...page.matchAll(/^npx pnpm@12 .*$/gm)].map(([command]) => here(command));
    const command = (...words: readonly string[]) => {
      const found = commands.find((candidate) => words.every((word) => candidate.includes(word)));
      if (found === undefined) throw new Error(`the page has no command with ${words.join(', ')}`);
      return found;
    };

    const stack = start(command('stack', '--pool-port'));
    await stack.prints(/pool listening on /);

    const first = here(blockAfter('Save this as `first.json`', 'json'));
    writeFileSync(join(folder, 'first.json'), first);
    expect(shape(await run(command('run first.json')))).toEqual(shape(blockAfter('run first.json', 'text')));

    writeFileSync(join(folder, 'greedy.json'), first.replace('"min_extranonce_size": 4', '"min_extranonce_size": 200'));
    const failed = shape(await run(command('run greedy.json'), 1));
    for (const line of shape(blockAfter('both side by side:', 'text'))) expect(failed).toContain(line);

    expect(await run(command('check first.json'))).toContain('ok    first.json');
    expect(await run(command('decode'))).toContain('CloseChannel (0x18)');
    expect(await run(command('schema').replace(/ >.*/, ''))).toContain('"$schema"');

    const interceptor = start(command('intercept', '--record'));
    const [, url = ''] = await interceptor.prints(/connect SV2 roles to (\S+)/);
    const device = start(command('mining-device').replace(/stratum2\S+/, url));
    await interceptor.prints(/up {4}SubmitSharesStandard/);
    for (const title of blockAfter('the direction, and the message', 'text').matchAll(/#1 (?:up|down) .*?\)/g)) {
      expect(interceptor.text()).toContain(title[0]);
    }
    device.child.kill('SIGINT');
    await device.ended;
    interceptor.child.kill('SIGINT');
    expect(await interceptor.ended).toBe(0);
    expect(interceptor.text()).toMatch(/\d+ messages recorded to device\.json/);

    expect(shape(await run(command('run --peer')))).toEqual(shape(blockAfter('run --peer', 'text')));

    writeFileSync(join(folder, 'rules.json'), blockAfter('Save this as `rules.json`', 'json'));
    const scripted = start(command('--script'));
    await scripted.prints(/listening on/);
    scripted.child.kill('SIGINT');
    expect(await scripted.ended).toBe(0);
  },
  PATIENCE_MS,
);
