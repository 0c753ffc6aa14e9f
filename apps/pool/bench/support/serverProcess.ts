import type { ChildProcess } from 'node:child_process';
import type { ConnectionLimits } from '@stratumkit/connection';
import { ask, endChild, startChild } from './child.ts';
import type { Answer, Measured, Request } from './protocol.ts';
import { BenchProvider } from './provider.ts';

export interface ServerProcessOptions {
  readonly shareBatchSize?: number;
  readonly connectionLimits?: Partial<ConnectionLimits>;
  readonly vardiff?: boolean;
  /** Makes the easiest target; by default every hash is a share. */
  readonly minHashrate?: number;
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

  static async start(options: ServerProcessOptions = {}): Promise<ServerProcess> {
    const { shareBatchSize = 10, connectionLimits, vardiff, minHashrate } = options;
    const provider = await BenchProvider.start();
    const child = startChild(new URL('./poolServer.ts', import.meta.url));
    const answer = await ask<Request, Answer>(child, {
      type: 'start',
      templateProviderPort: provider.port,
      shareBatchSize,
      ...(connectionLimits !== undefined && { connectionLimits }),
      ...(vardiff !== undefined && { vardiff }),
      ...(minHashrate !== undefined && { minHashrate }),
    });
    if (answer.type !== 'started') throw new Error(`the server answered ${answer.type}`);
    await provider.connected;
    provider.announce();
    provider.activate();
    return new ServerProcess(child, provider, answer.port);
  }

  async measure(): Promise<Measured> {
    const answer = await ask<Request, Answer>(this.#child, { type: 'measure' });
    if (answer.type !== 'measured') throw new Error(`the server answered ${answer.type}`);
    return answer;
  }

  async stop(): Promise<void> {
    await ask<Request, Answer>(this.#child, { type: 'stop' });
    await this.provider.close();
    await endChild(this.#child);
  }
}
