import { Writable } from 'node:stream';
import { type ProcessEdge, runApp } from '@stratumkit/runtime';
import { expect, it } from 'vitest';
import { proxy } from '../src/app.ts';

const PUBLIC = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
const SECRET = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n';

async function run(argv: readonly string[]) {
  let errors = '';
  const into = (take: (text: string) => void) =>
    new Writable({
      write(chunk, _encoding, done) {
        take(String(chunk));
        done();
      },
    });
  const edge: ProcessEdge = {
    argv,
    environment: { PROXY__AUTHORITY_SECRET_KEY: SECRET },
    stdin: process.stdin,
    stdout: into(() => undefined),
    stderr: into((text) => {
      errors += text;
    }),
    onSignal: () => () => undefined,
  };
  return { exitCode: await runApp(proxy, edge), errors };
}

const COMPLETE = ['--check', '--user-identity', 'alice', '--upstream', `stratum2+tcp://127.0.0.1:3333/${PUBLIC}`];

it('needs no file: a key, an identity and an upstream are enough', async () => {
  expect(await run(COMPLETE)).toMatchObject({ exitCode: 0 });
  const more = [
    '--max-work-absence-sec',
    '5',
    '--return-after-sec',
    '2',
    '--no-worker-tracking',
    '--listen',
    '[::1]:0',
  ];
  expect(await run([...COMPLETE, ...more])).toMatchObject({ exitCode: 0 });
});

it('says what is missing', async () => {
  const { exitCode, errors } = await run(COMPLETE.slice(0, 3));
  expect(exitCode).not.toBe(0);
  expect(errors).toContain('no upstream');
});
