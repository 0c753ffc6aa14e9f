export { proxy } from './app.ts';
export type { ProxyAppEvent } from './events.ts';
export { defaultModules, type ProxyModules } from './modules.ts';
export type { ProxyOptions, ProxyUpstream } from './options.ts';
export { createProxy, type ProxyStatus, type RunningProxy } from './proxy.ts';
