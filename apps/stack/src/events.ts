/** What happens in a stack, as `--json` prints it: one object a line, `event` first, snake_case keys. */
export type StackEvent =
  | {
      readonly event: 'listening';
      readonly role: string;
      readonly address: string;
      /** Absent for roles that speak no SV2, and under `--insecure`. */
      readonly authority_public_key?: string;
      /** What a miner or a role downstream is pointed to: `stratum2+tcp://address/key`, `stratum+tcp://address` for SV1. */
      readonly url: string;
    }
  | { readonly event: 'job'; readonly height: number }
  /** By a device that is not the stack's own; `sv1` for a worker that a translator authorized. */
  | {
      readonly event: 'channel_opened';
      readonly role: string;
      readonly device: string;
      readonly kind: 'standard' | 'extended' | 'sv1';
    }
  | { readonly event: 'block'; readonly height: number; readonly hash: string; readonly device: string }
  | { readonly event: 'share_accepted'; readonly device: string; readonly count: number }
  | { readonly event: 'share_rejected'; readonly error_code: string; readonly device: string };

/** A device as the summary of `--json` shows it. */
export interface DeviceSummary {
  readonly name: string;
  readonly protocol?: 'sv2' | 'sv1';
  readonly shares_accepted: number;
}

/** A role between the devices and the pool, with the shares that went through it. */
export interface HopSummary {
  readonly role: string;
  readonly shares_in: number;
  readonly shares_forwarded: number;
  readonly shares_acknowledged: number;
}

/** The last line of `--json`. */
export interface StackSummary {
  readonly event: 'summary';
  /** Found by devices of this run. */
  readonly blocks: number;
  /** Of the chain. */
  readonly height: number;
  readonly shares_accepted: number;
  readonly shares_rejected: number;
  readonly devices: readonly DeviceSummary[];
  /** Proxy and translator; none where devices mine on the pool. */
  readonly hops: readonly HopSummary[];
  readonly seconds: number;
}
