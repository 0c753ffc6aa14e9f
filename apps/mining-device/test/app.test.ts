import { PassThrough } from 'node:stream';
import { type ProcessEdge, runApp } from '@stratumkit/runtime';
import { describe, expect, it } from 'vitest';
import { miningDevice } from '../src/index.ts';

async function run(...argv: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const edge: ProcessEdge = {
    argv,
    environment: {},
    stdin: new PassThrough(),
    stdout,
    stderr,
    onSignal: () => () => {},
  };
  const exitCode = await runApp(miningDevice, edge);
  const text = (stream: PassThrough) => String(stream.read() ?? '');
  return { exitCode, stdout: text(stdout), stderr: text(stderr) };
}

describe('mining-device command', () => {
  it('explains itself with examples', async () => {
    const { exitCode, stdout } = await run('--help');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/--hashrate/);
    expect(stdout).toMatch(/Examples:[\s\S]*--insecure/);
  });

  it('takes a full command line', async () => {
    const url = 'stratum2+tcp://127.0.0.1:1/9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
    const flags = ['--channel', 'extended', '--devices', '3', '--hashrate', '200k', '--connections', 'shared'];
    expect(await run('--upstream', url, ...flags, '--check')).toMatchObject({
      exitCode: 0,
      stdout: 'configuration ok\n',
    });
  });

  it('takes a command line for SV1', async () => {
    const flags = ['--protocol', 'sv1', '--devices', '2', '--profile', 'bitaxe,minerd'];
    expect(await run('--upstream', 'stratum+tcp://[::1]:34255/', ...flags, '--check')).toMatchObject({ exitCode: 0 });
  });

  it.each([
    [[], /upstream/],
    [['--upstream', 'stratum2+tcp://127.0.0.1:1', '--protocol', 'sv1'], /--protocol sv2, or the scheme stratum\+tcp:/],
    [['--upstream', 'stratum+tcp://127.0.0.1:1/KEY', '--protocol', 'sv1'], /ends with the port/],
    [['--upstream', 'stratum+tcp://127.0.0.1:1', '--protocol', 'sv1', '--insecure'], /never encrypted/],
    [['--upstream', 'stratum+tcp://127.0.0.1:1', '--protocol', 'sv1', '--profile', 'bitax'], /bitax.*generic, minerd/],
    [['--upstream', 'stratum2+tcp://127.0.0.1:1'], /no authority key/],
    [['--upstream', 'stratum+tcp://127.0.0.1:1'], /Stratum V1; give --protocol sv1/],
    [['--upstream', 'stratum2+tcp://127.0.0.1:1', '--insecure', '--unverified'], /exclude/],
    [['--upstream', 'stratum2+tcp://127.0.0.1:1', '--insecure', '--hashrate', 'fast'], /200k/],
    [['--upstream', 'stratum2+tcp://127.0.0.1:1', '--insecure', '--devices', '0'], /from 1 to 10000/],
  ])('refuses %j', async (argv, message) => {
    const { exitCode, stderr } = await run(...argv, '--check');
    expect(exitCode).toBe(2);
    expect(stderr).toMatch(message);
  });
});
