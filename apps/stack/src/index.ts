export { stack } from './app.ts';
export { createStack, type Stack, type StackSink } from './createStack.ts';
export type { DeviceSummary, StackEvent, StackSummary } from './events.ts';
export { defaultModules, type StackModules } from './modules.ts';
export { type StackOptions, TOPOLOGIES, type Topology } from './options.ts';
