export { HASHRATE_WINDOWS, HashrateMeter, type Hashrates, type HashrateWindow } from './accounting/hashrateMeter.ts';
export { type LedgerSink, MemoryLedgerSink, type ShareBatch, type ShareRecord } from './accounting/ledgerSink.ts';
export {
  ShareAccounting,
  type ShareAccountingOptions,
} from './accounting/shareAccounting.ts';
export { ShareIdentities, type ShareIdentity } from './accounting/shareIdentity.ts';
export { ShareTally } from './accounting/shareTally.ts';
export type { ShareTotals } from './accounting/shareTotals.ts';
export type { ChainTip } from './chainTip.ts';
export { ExtendedChannel, type ExtendedChannelOptions } from './channels/extendedChannel.ts';
export { GroupChannel } from './channels/groupChannel.ts';
export { type ChannelOptions, MiningChannel, type TipsUntilStale } from './channels/miningChannel.ts';
export { StandardChannel } from './channels/standardChannel.ts';
export { createShareTarget, type ShareTarget } from './difficulty/shareTarget.ts';
export {
  chooseTarget,
  clampTarget,
  isNominalHashrate,
  type TargetChoice,
  type TargetPolicy,
} from './difficulty/targetPolicy.ts';
export {
  DEFAULT_EXTRANONCE_INDEX_SIZE,
  DEFAULT_EXTRANONCE_SIZE,
  type ExtranonceAllocation,
  ExtranonceAllocator,
  type ExtranonceLease,
  type ExtranonceSpace,
  MAX_EXTRANONCE_SIZE,
} from './extranonce/extranonceAllocator.ts';
export type { ChannelJob, ExtendedJobTemplate, JobState } from './jobs/job.ts';
export { JobIds } from './jobs/jobIds.ts';
export { type ChannelLimits, DEFAULT_CHANNEL_LIMITS } from './limits.ts';
export {
  type CreateJobHasher,
  createPortableJobHasher,
  type JobHasher,
  type JobHasherInput,
} from './shares/jobHasher.ts';
export { MAX_FUTURE_BLOCK_TIME_SECONDS } from './shares/ntime.ts';
export type {
  AcceptedShare,
  ExtendedShare,
  RejectedShare,
  ShareErrorCode,
  ShareResult,
  Solution,
  StandardShare,
} from './shares/share.ts';
export { Vardiff, type VardiffOptions } from './vardiff/vardiff.ts';
