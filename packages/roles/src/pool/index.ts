export { PoolCore, type PoolCoreOptions, type PoolInput, type PoolOutput } from './poolCore.ts';
export type { PoolEvent } from './poolEvent.ts';
