export { type AccountName, accountOf } from './account.ts';
export type { Account, AccountLimits } from './accountBook.ts';
export {
  type ChannelStatistics,
  type ClientStatistics,
  DEFAULT_ACCOUNT_LIMITS,
  MiningStatistics,
  type StatisticsEvent,
} from './miningStatistics.ts';
export {
  type MonitoringOptions,
  type MonitoringReply,
  type MonitoringRequest,
  type MonitoringRoute,
  monitoringRoutes,
  type UpstreamChannel,
} from './monitoringRoutes.ts';
