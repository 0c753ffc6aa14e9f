import { encodeResponse, type PendingCall, type RpcError } from '@stratumkit/sv1';
import type { WorkUpstream } from '../upstreamList/index.ts';
import type { Miner } from './miner.ts';
import type { TranslatorEvent } from './translatorEvent.ts';
import type { TranslatorOutput } from './translatorTypes.ts';

/** Collects what the parts of a translator want done while one input is handled. */
export class Outbox<Upstream extends WorkUpstream = WorkUpstream> {
  #outputs: TranslatorOutput<Upstream>[] = [];

  push(output: TranslatorOutput<Upstream>): void {
    this.#outputs.push(output);
  }

  event(event: TranslatorEvent): void {
    this.#outputs.push({ type: 'event', event });
  }

  line({ connection }: Miner, line: Uint8Array): void {
    this.#outputs.push({ type: 'miner-send', to: [connection], line });
  }

  confirm(miner: Miner, call: PendingCall): void {
    this.line(miner, encodeResponse(call.id, { result: true }));
  }

  refuse(miner: Miner, call: PendingCall, error: RpcError): void {
    this.line(miner, encodeResponse(call.id, { error }));
  }

  take(): readonly TranslatorOutput<Upstream>[] {
    const outputs = this.#outputs;
    this.#outputs = [];
    return outputs;
  }
}
