import type { ShareErrorCode } from '@stratumkit/channels';
import { SUBMIT_SHARES_ERROR_CODES } from '@stratumkit/messages/mining';
import type { PassedShare } from '../miningServer/types.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';

export interface ForwardedShare {
  /** Undefined for a late block, which was answered here already. */
  readonly ticket: number | undefined;
  readonly share: PassedShare;
  readonly sentAtMs: number;
}

/** Shares sent to upstreams and not answered yet, oldest first, by session and sequence number. */
export class ForwardedShares {
  readonly #bySession = new Map<UpstreamSession, Map<number, ForwardedShare>>();

  add(session: UpstreamSession, sequenceNumber: number, share: ForwardedShare): void {
    let shares = this.#bySession.get(session);
    if (shares === undefined) {
      shares = new Map();
      this.#bySession.set(session, shares);
    }
    shares.set(sequenceNumber, share);
  }

  take(session: UpstreamSession, sequenceNumber: number): ForwardedShare | undefined {
    const shares = this.#bySession.get(session);
    const share = shares?.get(sequenceNumber);
    shares?.delete(sequenceNumber);
    return share;
  }

  takeAll(session: UpstreamSession): readonly ForwardedShare[] {
    const shares = this.#bySession.get(session);
    this.#bySession.delete(session);
    return [...(shares?.values() ?? [])];
  }

  get size(): number {
    let size = 0;
    for (const shares of this.#bySession.values()) size += shares.size;
    return size;
  }

  get oldestSentAtMs(): number | undefined {
    let oldest: number | undefined;
    for (const shares of this.#bySession.values()) {
      const [first] = shares.values();
      if (first !== undefined && (oldest === undefined || first.sentAtMs < oldest)) oldest = first.sentAtMs;
    }
    return oldest;
  }
}

const { invalidChannelId, ...CODES } = SUBMIT_SHARES_ERROR_CODES;
const KNOWN_CODES: ReadonlySet<string> = new Set<string>(Object.values(CODES));

/** Our channel being unknown upstream is no fault of the device: its share came too late. */
export function mapShareError(errorCode: string): {
  readonly wire: ShareErrorCode;
  readonly event: ShareErrorCode | 'other';
} {
  if (KNOWN_CODES.has(errorCode)) return { wire: errorCode as ShareErrorCode, event: errorCode as ShareErrorCode };
  if (errorCode === invalidChannelId) return { wire: 'stale-share', event: 'other' };
  return { wire: 'invalid-share', event: 'other' };
}
