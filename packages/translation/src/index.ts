export { type ToldDifficulty, toldDifficulty } from './difficulty.ts';
export { channelIdentity, isPayoutIdentity, workerOf } from './identity.ts';
export {
  coinbaseSize,
  formatJobId,
  type JobTip,
  localJob,
  notifyOf,
  parseJobId,
  type UpstreamJobParts,
} from './job.ts';
export { type PayoutPromise, payoutPromise, paysPromise } from './payout.ts';
export { rpcErrorOf, shareOf, shareVersion, upstreamExtranonce, type VersionTerms } from './share.ts';
