import type { ChildProcess } from 'node:child_process';
import { ask, endChild, startChild } from '../../../pool/bench/support/child.ts';
import { UNMETERED } from '../../../pool/bench/support/limits.ts';
import { ServerProcess } from '../../../pool/bench/support/serverProcess.ts';
import type { TranslatorAnswer, TranslatorMeasured, TranslatorRequest } from './protocol.ts';

/** A translator in another process, and the pool that it mines for in a third. */
export class TranslatorProcess {
  readonly pool: ServerProcess;
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(pool: ServerProcess, child: ChildProcess, port: number) {
    this.pool = pool;
    this.#child = child;
    this.port = port;
  }

  static async start(): Promise<TranslatorProcess> {
    const pool = await ServerProcess.start({ connectionLimits: UNMETERED, vardiff: false });
    const child = startChild(new URL('./translatorServer.ts', import.meta.url));
    const request = { type: 'start', upstreamPort: pool.port } as const;
    const answer = await ask<TranslatorRequest, TranslatorAnswer>(child, request);
    if (answer.type !== 'started') throw new Error(`the translator answered ${answer.type}`);
    return new TranslatorProcess(pool, child, answer.port);
  }

  async measure(): Promise<TranslatorMeasured> {
    const answer = await ask<TranslatorRequest, TranslatorAnswer>(this.#child, { type: 'measure' });
    if (answer.type !== 'measured') throw new Error(`the translator answered ${answer.type}`);
    return answer;
  }

  async stop(): Promise<void> {
    await ask<TranslatorRequest, TranslatorAnswer>(this.#child, { type: 'stop' });
    await endChild(this.#child);
    await this.pool.stop();
  }
}
