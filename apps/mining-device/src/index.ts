export { miningDevice } from './app.ts';
export {
  createMiningDevice,
  type DeviceStatistics,
  type MiningDevice,
} from './createMiningDevice.ts';
export { formatHashrate, parseHashrate } from './hashrate.ts';
export {
  createPortableKernel,
  createSearchKernel,
  type SearchKernel,
  type SearchResult,
} from './kernel/searchKernel.ts';
export type { MiningDeviceModules } from './modules.ts';
export type { DeviceUpstream, MiningDeviceEvent, MiningDeviceOptions } from './options.ts';
export type { SearchDone, SearchTask } from './search/searchTask.ts';
export type { SearchWorkers } from './search/workerPool.ts';
