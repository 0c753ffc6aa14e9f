import type { ChildProcess } from 'node:child_process';
import { ask, endChild, startChild } from '../../../pool/bench/support/child.ts';
import type { ProxyAnswer, ProxyMeasured, ProxyMode, ProxyRequest } from './protocol.ts';

/** A proxy in another process, which has work already. */
export class ProxyProcess {
  readonly port: number;
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, port: number) {
    this.#child = child;
    this.port = port;
  }

  static async start(upstreamPort: number, mode: ProxyMode, shareBatchSize = 10): Promise<ProxyProcess> {
    const child = startChild(new URL('./proxyServer.ts', import.meta.url));
    const request = { type: 'start', upstreamPort, mode, shareBatchSize } as const;
    const answer = await ask<ProxyRequest, ProxyAnswer>(child, request);
    if (answer.type !== 'started') throw new Error(`the proxy answered ${answer.type}`);
    return new ProxyProcess(child, answer.port);
  }

  async measure(): Promise<ProxyMeasured> {
    const answer = await ask<ProxyRequest, ProxyAnswer>(this.#child, { type: 'measure' });
    if (answer.type !== 'measured') throw new Error(`the proxy answered ${answer.type}`);
    return answer;
  }

  async stop(): Promise<void> {
    await ask<ProxyRequest, ProxyAnswer>(this.#child, { type: 'stop' });
    await endChild(this.#child);
  }
}
