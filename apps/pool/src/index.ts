export { pool } from './app.ts';
export type { PoolAppEvent } from './events.ts';
export { defaultModules, type PoolModules } from './modules.ts';
export type { PoolOptions, TemplateProviderAddress } from './options.ts';
export { createPool, type Pool, type PoolStatus } from './pool.ts';
