import type { LeanClient } from './leanClient.ts';

/** When the last client got something. Nothing is opened meanwhile: the time of 1,000 clients is not the server's. */
export function allArrived(clients: readonly LeanClient[]): Promise<number> {
  let missing = clients.length;
  return new Promise((resolve) => {
    for (const client of clients) {
      client.onRawInput = () => {
        client.onRawInput = () => undefined;
        if (--missing === 0) resolve(performance.now());
      };
    }
  });
}
