import type { HashKey } from './keys.ts';

/** What became of a share that a device found and sent. */
export type ShareState = 'sent' | 'accepted' | 'durable' | 'acknowledged' | 'rejected' | 'unknown' | 'abandoned';

/** Shares of one channel of one connection that are durable, and those that were acknowledged. */
export interface Counter {
  durable: number;
  acknowledged: number;
}

/** What a pool has accepted and its ledger has not written. */
export interface Accepted {
  /** The pool in its present life. */
  readonly server: object;
  readonly work: bigint;
  readonly counter: Counter;
}

/** A share as the simulation knows it: from whoever sent it over a connection, not from whoever received it. */
export interface FoundShare {
  readonly key: HashKey;
  readonly hash: Uint8Array;
  /** What a relay was sent, if this is what it hands on. */
  readonly origin: FoundShare | undefined;
  /** What a relay made of it. */
  next: FoundShare | undefined;
  readonly device: number;
  readonly isHonest: boolean;
  readonly channelId: number;
  readonly sequenceNumber: number;
  readonly jobId: number;
  readonly tip: HashKey;
  accepted: Accepted | undefined;
  /** Of a relay's share, what the pool credits it with. */
  work: bigint;
  readonly version: number;
  readonly ntime: number;
  readonly nonce: number;
  readonly foundMs: number;
  /** When the device was told the tip it was found on. */
  readonly tipReceivedMs: number;
  /** How many tips had arrived over the connection when it was sent. */
  readonly tipsHeard: number;
  /** A relay has accepted it and did not hand it on, for its upstream did not want it. */
  isCounted: boolean;
  /** The server has said no; the answer may be on its way. */
  isRefused: boolean;
  state: ShareState;
}

/** Nobody will ever know what became of it: no relay on its way may acknowledge it. */
export function abandonOrigins({ origin }: FoundShare): void {
  for (let share = origin; share !== undefined; share = share.origin) share.state = 'abandoned';
}

/** What a relay leaves as it is. */
export type Header = Pick<FoundShare, 'version' | 'ntime' | 'nonce'>;

/** Two headers with the same nonce within the 24 days that 21 bits of seconds tell apart are taken to be one. */
export function headerKey({ ntime, nonce }: Header): number {
  return (ntime & 0x1fffff) * 2 ** 32 + nonce;
}

/** As it was sent over the last hop. */
export function lastOf(share: FoundShare): FoundShare {
  let last = share;
  while (last.next !== undefined) last = last.next;
  return last;
}

export function explain(share: FoundShare | undefined): string {
  if (share === undefined) return 'nobody sent it';
  const { foundMs, tipReceivedMs, tipsHeard, next } = share;
  return `found at ${foundMs} ms, on a tip of ${tipReceivedMs} ms, which was the ${tipsHeard}. told; handed on: ${next?.state}`;
}
