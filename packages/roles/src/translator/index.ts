export type { Miner, MinerTotals } from './miner.ts';
export { LOCAL_EXTRANONCE_SIZE } from './minerTable.ts';
export { TranslatorCore } from './translatorCore.ts';
export type { JobReason, ShareRefusal, TranslatorEvent } from './translatorEvent.ts';
export {
  DEFAULT_TRANSLATOR_LIMITS,
  type MinerDifficultyOptions,
  type TranslatorCoreOptions,
  type TranslatorInput,
  type TranslatorLimits,
  type TranslatorOutput,
} from './translatorTypes.ts';
export type { WorkSource } from './workSource.ts';
