import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';

const ANYTHING = { perSecond: 1e9, perChannel: 0, burstSeconds: 10 };

/** Without a budget for shares and channels: the server itself is what is measured, not its patience. */
export const UNMETERED: Partial<ConnectionLimits> = {
  budgets: { ...DEFAULT_CONNECTION_LIMITS.budgets, share: ANYTHING, open: ANYTHING },
};

/** For a machine that is busy with other things too: what is measured is how long it takes, not whether it is in time. */
export const PATIENT: Partial<ConnectionLimits> = {
  handshakeTimeoutMs: 120_000,
  setupTimeoutMs: 120_000,
  firstChannelTimeoutMs: 300_000,
};
