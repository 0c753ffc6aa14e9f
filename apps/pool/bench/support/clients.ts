import { LeanClient } from './leanClient.ts';

/** Opens connections in groups, so that the server's queue of new ones does not overflow. */
export async function openClients(
  port: number,
  count: number,
  kind?: 'standard' | 'extended',
): Promise<readonly LeanClient[]> {
  const clients: LeanClient[] = [];
  while (clients.length < count) {
    const group = Array.from({ length: Math.min(100, count - clients.length) }, () => new LeanClient(port, kind));
    await Promise.all(group.map((client) => client.ready));
    clients.push(...group);
  }
  return clients;
}
