export type { MiningEvent, OpenRefusal } from './events.ts';
export { MiningServer } from './miningServer.ts';
export type { MiningOperation } from './operation.ts';
export {
  decideMiningSetup,
  type MiningSetupDecision,
  type MiningSetupOptions,
  supportedMiningFlags,
} from './setupPolicy.ts';
export {
  DEFAULT_MINING_SERVER_LIMITS,
  type MiningServerInput,
  type MiningServerLimits,
  type MiningServerOptions,
  type MiningServerOutput,
  type PassedShare,
  type RetargetingOptions,
  type SolutionOrigin,
  type Work,
  type WorkTip,
} from './types.ts';
