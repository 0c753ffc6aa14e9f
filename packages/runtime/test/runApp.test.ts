import { chmodSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { ConfigError } from '@stratumkit/codec';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type AppContext, boolean, defineApp, integer, runApp, sectionList, string } from '../src/index.ts';
import { createFakeProcess, createFolder, writeConfig } from './support.ts';

type Run = (
  options: { count: number; loud: boolean; unit: string | undefined },
  context: AppContext,
) => Promise<number | 'running'>;

function createApp(run: Run = async () => 0) {
  return defineApp({
    name: 'test-app',
    version: '1.2.3',
    description: 'An app of the tests.',
    examples: [{ command: 'test-app --count 3', does: 'count to three' }],
    options: {
      count: integer({ doc: 'how often', minimum: 0, default: 1 }),
      loud: boolean({ doc: 'shout', default: false, aliases: ['noisy'] }),
      unit: string({ doc: 'of what', optional: true, aliases: ['of', 'measure'] }),
      password: string({ doc: 'secret word', secret: true, optional: true }),
    },
    check({ count }) {
      if (count === 13) throw new ConfigError('invalid-config', 'not 13');
    },
    run: (options, context) => run(options, context),
  });
}

describe('command line', () => {
  it('prints help with options, defaults and examples', async () => {
    const edge = createFakeProcess(['--help']);
    expect(await runApp(createApp(), edge)).toBe(0);
    expect(edge.out()).toContain('--count <number>     how often (default: 1)');
    expect(edge.out()).toContain('TEST_APP__COUNT=...');
    expect(edge.out()).toContain('$ test-app --count 3\n      count to three');
    expect(edge.out()).not.toContain('password');
    expect(edge.out()).toMatch(/--unit <text> +of what; also --of, --measure\n/);
    expect(edge.out()).not.toContain('\n  --noisy');
    expect(edge.err()).toBe('');
  });

  it('prints the version', async () => {
    const edge = createFakeProcess(['--version']);
    expect(await runApp(createApp(), edge)).toBe(0);
    expect(edge.out()).toBe('1.2.3\n');
  });

  it.each([
    [['--cuont', '3'], 'Did you mean --count?'],
    [['--count'], 'argument missing'],
    [['more'], 'too many arguments'],
    [['--log-level', 'noisy'], 'Allowed choices are'],
    [['--count', 'x'], 'test-app: --count: count "x" is not a whole number of at least 0\n'],
    [['--count', '13'], 'test-app: not 13\n'],
    [['--check', '--count', '13'], 'test-app: not 13\n'],
    [['--config', '/nowhere.toml'], 'test-app: /nowhere.toml: there is no such file\n'],
    [['--password', 'x'], 'unknown option'],
  ])('%j ends with 2', async (argv, text) => {
    const edge = createFakeProcess(argv);
    expect(await runApp(createApp(), edge)).toBe(2);
    expect(edge.err()).toContain(text);
    expect(edge.out()).toBe('');
  });

  it('hands typed options on', async () => {
    const file = writeConfig('count = 4\nlog_level = "error"');
    let seen: unknown;
    const app = createApp(async (options, { log }) => {
      seen = { ...options, level: log.level };
      return 7;
    });
    const environment = { TEST_APP__PASSWORD: 'x' };
    expect(await runApp(app, createFakeProcess(['-c', file, '--loud'], environment))).toBe(7);
    expect(seen).toEqual({
      count: 4,
      loud: true,
      unit: undefined,
      password: 'x',
      logLevel: 'error',
      logFile: undefined,
      level: 'error',
    });
    expect(await runApp(app, createFakeProcess(['-c', file, '--no-loud', '--log-level', 'trace'], {}))).toBe(7);
    expect(seen).toMatchObject({ loud: false, level: 'trace' });
  });

  it.each([
    [['--noisy', '--of', 'apples'], { loud: true, unit: 'apples' }],
    [['--measure', 'pears'], { loud: false, unit: 'pears' }],
    [['--loud', '--no-noisy', '--measure', 'pears', '--unit', 'plums'], { loud: true, unit: 'plums' }],
    [['--no-noisy'], { loud: false, unit: undefined }],
  ])('takes a flag by its other names, its own first: %j', async (argv, expected) => {
    let seen: unknown;
    const app = createApp(async (options) => {
      seen = options;
      return 0;
    });
    const file = writeConfig('');
    expect(await runApp(app, createFakeProcess(['-c', file, ...argv]))).toBe(0);
    expect(seen).toMatchObject(expected);
  });

  it('checks without running', async () => {
    const edge = createFakeProcess(['--check']);
    const app = createApp(() => Promise.reject(new Error('was run')));
    expect(await runApp(app, edge)).toBe(0);
    expect(edge.out()).toBe('configuration ok\n');
  });

  it.each([
    ['a secret that everybody can read', 'password = "x"', 0o644, '"keys":["password"]'],
    ['a secret of a list that everybody can read', '[[peers]]\nkey = "x"', 0o604, '"keys":["peers.0.key"]'],
    ['a secret that a group can read', 'password = "x"', 0o640, undefined],
    ['nothing secret', 'count = 2', 0o644, undefined],
  ])('warns of %s', async (_, toml, mode, text) => {
    const file = writeConfig(toml);
    chmodSync(file, mode);
    const { options, check: _check, ...app } = createApp();
    const peers = sectionList({ key: string({ doc: 'key', secret: true, optional: true }) }, { doc: 'peers' });
    const edge = createFakeProcess(['--config', file]);
    expect(await runApp(defineApp({ ...app, options: { ...options, peers }, run: async () => 0 }), edge)).toBe(0);
    if (text === undefined) expect(edge.err()).toBe('');
    else expect(edge.err()).toContain(text);
  });
});

describe('life of an app', () => {
  it('drains at the first signal, newest first, and listens no more', async () => {
    const edge = createFakeProcess();
    const closed: string[] = [];
    const app = createApp(async (_, { resources }) => {
      resources.add('one', () => void closed.push('one'));
      resources.add('two', () => void closed.push(`two, aborted ${resources.signal.aborted}`));
      queueMicrotask(() => edge.signal('SIGTERM'));
      return 'running';
    });
    expect(await runApp(app, edge)).toBe(0);
    expect(closed).toEqual(['two, aborted true', 'one']);
    expect(edge.signal('SIGINT')).toBe(false);
    expect(edge.err()).toContain('"msg":"stopping; a second signal ends at once"');
  });

  it.each([
    ['EPIPE', 0, ''],
    ['ENOSPC', 1, 'test-app: standard output cannot be written (ENOSPC)\n'],
  ])('drains when its standard output is lost (%s)', async (code, exitCode, text) => {
    const edge = createFakeProcess();
    const stdout = new Writable({ write: (_chunk, _encoding, done) => done(Object.assign(new Error(code), { code })) });
    const closed: string[] = [];
    const app = createApp(async (_, { resources, process }) => {
      resources.add('one', () => void closed.push('one'));
      process.stdout.write('a line\n');
      return 'running';
    });
    expect(await runApp(app, { ...edge, stdout })).toBe(exitCode);
    expect(closed).toEqual(['one']);
    expect(edge.err()).toBe(text);
  });

  it('leaves signals to the system when told so', async () => {
    const edge = createFakeProcess();
    let heard: boolean | undefined;
    const app = createApp(async () => {
      heard = edge.signal('SIGINT');
      return 0;
    });
    expect(await runApp({ ...app, endsAtSignals: true }, edge)).toBe(0);
    expect(heard).toBe(false);
  });

  it('ends at once at the second signal', async () => {
    const edge = createFakeProcess();
    const app = createApp(async (_, { resources }) => {
      resources.add('hanging', () => {
        edge.signal('SIGINT');
        return new Promise(() => {});
      });
      queueMicrotask(() => edge.signal('SIGINT'));
      return 'running';
    });
    expect(await runApp(app, edge)).toBe(130);
  });

  it('ends without what hangs, and names it', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const edge = createFakeProcess();
    const app = createApp(async (_, { resources }) => {
      resources.add('never reached', () => undefined);
      resources.add(
        () => 'role: database',
        () => {
          setImmediate(() => vi.advanceTimersByTime(10_000));
          return new Promise(() => {});
        },
      );
      queueMicrotask(() => edge.signal('SIGTERM'));
      return 'running';
    });
    expect(await runApp(app, edge)).toBe(1);
    expect(edge.err()).toContain('"waitingFor":"role: database","msg":"closing takes too long, ending"');
  });

  it('stops while it is still starting', async () => {
    const edge = createFakeProcess();
    const app = createApp(
      (_, { resources }) =>
        new Promise((_resolve, reject) => {
          resources.signal.addEventListener('abort', () => reject(resources.signal.reason));
          queueMicrotask(() => edge.signal('SIGINT'));
        }),
    );
    expect(await runApp(app, edge)).toBe(0);
  });

  it('stops itself with a code', async () => {
    const app = createApp(async (_, { stop }) => {
      queueMicrotask(() => {
        stop(1, 'a role died');
        stop(0, 'too late');
      });
      return 'running';
    });
    const edge = createFakeProcess();
    expect(await runApp(app, edge)).toBe(1);
    expect(edge.err()).toContain('a role died');
  });

  it('undoes what was started when starting fails', async () => {
    const closed: string[] = [];
    const failing = (error: Error) =>
      createApp(async (_, { resources }) => {
        resources.add('one', () => void closed.push('one'));
        throw error;
      });
    const edge = createFakeProcess();
    expect(await runApp(failing(new Error('boom')), edge)).toBe(1);
    expect(edge.err()).toContain('boom');
    const other = createFakeProcess();
    expect(await runApp(failing(new ConfigError('listen-failed', 'the port is in use')), other)).toBe(2);
    expect(other.err()).toBe('test-app: the port is in use\n');
    expect(closed).toEqual(['one', 'one']);
  });

  it('fails when closing fails', async () => {
    const edge = createFakeProcess();
    const app = createApp(async (_, { resources }) => {
      resources.add('stubborn', () => Promise.reject(new Error('no')));
      return 0;
    });
    expect(await runApp(app, edge)).toBe(1);
    expect(edge.err()).toContain('closing stubborn failed');
  });

  it('writes the log to a file too', async () => {
    const file = join(createFolder(), 'app.log');
    const app = createApp(async (_, { log }) => {
      log.info({ jobId: 1 }, 'job sent');
      return 0;
    });
    const edge = createFakeProcess(['--log-file', file]);
    expect(await runApp(app, edge)).toBe(0);
    const line = JSON.parse(readFileSync(file, 'utf8'));
    expect(line).toMatchObject({ level: 30, name: 'test-app', jobId: 1, msg: 'job sent' });
    expect(edge.err()).toContain('"msg":"job sent"');
    const unwritable = createFakeProcess(['--log-file', join(file, 'x')]);
    expect(await runApp(app, unwritable)).toBe(2);
    expect(unwritable.err()).toBe(`test-app: log_file "${file}/x" cannot be written (its folder is a file, ENOTDIR)\n`);
  });

  it('checks that its log file can be written, and makes none', async () => {
    const folder = createFolder();
    const check = async (logFile: string) => {
      const edge = createFakeProcess(['--check', '--log-file', logFile]);
      return [await runApp(createApp(), edge), edge.out() + edge.err()];
    };
    const refusal = (path: string, why: string) => [2, `test-app: log_file "${path}" cannot be written (${why})\n`];
    const inside = (...names: string[]) => join(folder, ...names);
    expect(await check(inside('app.log'))).toEqual([0, 'configuration ok\n']);
    symlinkSync('later.log', inside('link.log'));
    expect(await check(inside('link.log'))).toEqual([0, 'configuration ok\n']);
    expect(readdirSync(folder)).toEqual(['link.log']);

    writeFileSync(inside('old.log'), 'a line\n');
    expect(await check(inside('old.log'))).toEqual([0, 'configuration ok\n']);
    expect(readFileSync(inside('old.log'), 'utf8')).toBe('a line\n');

    const noFolder = 'its folder does not exist, ENOENT';
    expect(await check(inside('none', 'app.log'))).toEqual(refusal(inside('none', 'app.log'), noFolder));
    symlinkSync('none/app.log', inside('lost.log'));
    expect(await check(inside('lost.log'))).toEqual(refusal(inside('lost.log'), noFolder));
    expect(await check(inside('old.log', 'app.log'))).toEqual(
      refusal(inside('old.log', 'app.log'), 'its folder is a file, ENOTDIR'),
    );
    expect(await check(folder)).toEqual(refusal(folder, 'it is a folder, EISDIR'));
    expect(await check(`${inside('new')}/`)).toEqual(refusal(`${inside('new')}/`, 'it is a folder, EISDIR'));
    expect(await check('')).toEqual(refusal('', noFolder));
  });
});
