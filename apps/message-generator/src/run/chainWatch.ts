import { formatJson, type JsonValue } from '@stratumkit/codec';
import type { Received } from './receiver.ts';

/** Whether the chain of a role went on while a test ran, by what the role said. Where blocks are easy, any share may be one, and the others come late. */
export class ChainWatch {
  #tip: string | undefined;
  #moved = false;

  get moved(): boolean {
    return this.#moved;
  }

  see(received: Received): void {
    const json = tipOf(received);
    const tip = json === undefined ? this.#tip : formatJson(json);
    // A role may know of a new tip before it tells.
    if (saysStale(received) || tip !== (this.#tip ?? tip)) this.#moved = true;
    this.#tip = tip;
  }
}

function saysStale(received: Received): boolean {
  if (!('frame' in received)) return false;
  const { definition, json } = received;
  return definition?.name === 'SubmitShares.Error' && json?.error_code === 'stale-share';
}

function tipOf(received: Received): JsonValue | undefined {
  if ('frame' in received) {
    return received.definition?.name === 'SetNewPrevHash' ? received.json?.prev_hash : undefined;
  }
  const { json } = received;
  if (typeof json !== 'object' || json === null || !('method' in json)) return undefined;
  return json.method === 'mining.notify' && Array.isArray(json.params) ? json.params[1] : undefined;
}
