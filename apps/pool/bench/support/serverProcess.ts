import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ConnectionLimits } from '@stratumkit/connection';
import type { Answer, Measured, Request } from './protocol.ts';
import { BenchProvider } from './provider.ts';

/** Nothing takes longer; a process that hangs is ended. */
const ANSWER_MS = 30_000;

export interface ServerProcessOptions {
  readonly shareBatchSize?: number;
  readonly connectionLimits?: Partial<ConnectionLimits>;
}

/** A pool in another process, with work from a provider in this one. */
export class ServerProcess {
  readonly provider: BenchProvider;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, provider: BenchProvider, port: number) {
    this.#child = child;
    this.provider = provider;
    this.port = port;
  }

  static async start({ shareBatchSize = 10, connectionLimits }: ServerProcessOptions = {}): Promise<ServerProcess> {
    const provider = await BenchProvider.start();
    const profile =
      process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`];
    const child = fork(fileURLToPath(new URL('./poolServer.ts', import.meta.url)), {
      execArgv: ['--conditions=@stratumkit/source', '--expose-gc', ...profile],
    });
    const answer = await ask(child, {
      type: 'start',
      templateProviderPort: provider.port,
      shareBatchSize,
      ...(connectionLimits !== undefined && { connectionLimits }),
    });
    if (answer.type !== 'started') throw new Error(`the server answered ${answer.type}`);
    await provider.connected;
    provider.announce();
    provider.activate();
    return new ServerProcess(child, provider, answer.port);
  }

  async measure(): Promise<Measured> {
    const answer = await ask(this.#child, { type: 'measure' });
    if (answer.type !== 'measured') throw new Error(`the server answered ${answer.type}`);
    return answer;
  }

  async stop(): Promise<void> {
    await ask(this.#child, { type: 'stop' });
    await this.provider.close();
    const exit = once(this.#child, 'exit');
    this.#child.disconnect();
    await exit;
  }
}

async function ask(child: ChildProcess, request: Request): Promise<Answer> {
  const timer = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
  const control = new AbortController();
  const { signal } = control;
  try {
    child.send(request);
    const died = once(child, 'exit', { signal }).then(() => {
      throw new Error(`the server died at ${request.type}`);
    });
    const [answer] = (await Promise.race([once(child, 'message', { signal }), died])) as [Answer];
    died.catch(() => undefined);
    return answer;
  } finally {
    control.abort();
    clearTimeout(timer);
  }
}
