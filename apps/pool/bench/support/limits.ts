import { type ConnectionLimits, DEFAULT_CONNECTION_LIMITS } from '@stratumkit/connection';

/** Without a budget for shares: the server itself is what is measured, not its patience. */
export const UNMETERED: Partial<ConnectionLimits> = {
  budgets: { ...DEFAULT_CONNECTION_LIMITS.budgets, share: { perSecond: 1e9, perChannel: 0, burstSeconds: 10 } },
};
