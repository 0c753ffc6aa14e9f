/** What a token bucket lets through: `perSecond` plus `perChannel` for each open channel, saved up for `burstSeconds`. */
export interface Rate {
  readonly perSecond: number;
  readonly perChannel: number;
  readonly burstSeconds: number;
}

/**
 * Classes of messages with a budget of their own. `share` SubmitShares, `open` channel opens, `work` what an upstream sends
 * to a client, `request` everything else, `unknown` messages nobody here knows.
 */
export type BudgetClass = 'share' | 'open' | 'work' | 'request' | 'unknown';

/** Every bound of one connection. Times in milliseconds, sizes in bytes. */
export interface ConnectionLimits {
  readonly handshakeTimeoutMs: number;
  readonly setupTimeoutMs: number;
  /** Shortest wait of a client for an answer to RequestExtensions; twice the time the connection took so far if longer. */
  readonly extensionTimeoutMs: number;
  /** Time for a mining client to open its first channel, for other clients to send their first message. */
  readonly firstChannelTimeoutMs: number;
  /** Silence allowed to a mining client after its last channel was closed. */
  readonly idleTimeoutMs: number;
  /** Time the transport may stay unable to take bytes. */
  readonly writeTimeoutMs: number;
  /** Payload sizes by message name, where a definition's own maximum is more than is wanted. */
  readonly payloadSizes: Readonly<Record<string, number>>;
  /** Payload of messages that are not known here, those of other extensions included. */
  readonly maxUnknownPayload: number;
  /** Bytes allowed behind the last field of a known message: TLV fields. */
  readonly maxTrailingBytes: number;
  readonly budgets: Readonly<Record<BudgetClass, Rate>>;
  /** How long a peer may want more than its budget before it is closed; long enough for a new difficulty to take effect. */
  readonly budgetPatienceMs: number;
  /** Bound of the send queue. One frame that is larger may wait alone. */
  readonly maxQueuedBytes: number;
  readonly maxQueuedFrames: number;
  /** With more than this queued nothing is read from the peer, so that it cannot ask for more than it takes. */
  readonly pauseQueuedBytes: number;
  /** Plaintext that `takeBytes` seals at once. */
  readonly maxWriteBytes: number;
}

const MiB = 1 << 20;

/** Each can be set alone; README has what happens past them. */
export const DEFAULT_CONNECTION_LIMITS: ConnectionLimits = {
  handshakeTimeoutMs: 10_000,
  setupTimeoutMs: 10_000,
  extensionTimeoutMs: 1_000,
  firstChannelTimeoutMs: 60_000,
  idleTimeoutMs: 600_000,
  writeTimeoutMs: 30_000,
  payloadSizes: {
    // A block has at most 4 MB of transactions; their definitions would allow 16 MiB.
    'RequestTransactionData.Success': 6 * MiB,
    'ProvideMissingTransactions.Success': 6 * MiB,
  },
  maxUnknownPayload: 65_535,
  maxTrailingBytes: 1_024,
  budgets: {
    share: { perSecond: 200, perChannel: 20, burstSeconds: 10 },
    open: { perSecond: 500, perChannel: 0, burstSeconds: 10 },
    work: { perSecond: 1_000, perChannel: 50, burstSeconds: 10 },
    request: { perSecond: 100, perChannel: 10, burstSeconds: 10 },
    unknown: { perSecond: 1, perChannel: 0, burstSeconds: 100 },
  },
  budgetPatienceMs: 60_000,
  maxQueuedBytes: 4 * MiB,
  maxQueuedFrames: 50_000,
  pauseQueuedBytes: 256 * 1024,
  maxWriteBytes: 256 * 1024,
};
