import type { LeanClient } from './leanClient.ts';

/** Sealed shares that are written at once: about one segment of a busy socket. */
export const BURST = 50;

export function split(client: LeanClient, count: number, size = BURST): readonly Uint8Array[] {
  return Array.from({ length: count / size }, () => client.sealShares(size));
}

/** Sends without waiting; resolves when all are answered. */
export async function pipeline(client: LeanClient, bursts: readonly Uint8Array[]): Promise<void> {
  const wanted = client.acknowledged + bursts.length * BURST;
  const answered = client.until(() => client.acknowledged + client.refused >= wanted);
  for (const burst of bursts) if (!client.write(burst)) await client.drained;
  await answered;
}
