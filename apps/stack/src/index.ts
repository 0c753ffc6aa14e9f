export { stack } from './app.ts';
export { createStack, type Stack } from './createStack.ts';
export type { DeviceSummary, StackEvent, StackSummary } from './events.ts';
export { defaultModules, type StackModules } from './modules.ts';
export { type StackOptions, TOPOLOGIES, type Topology } from './options.ts';
export type { StackSink } from './sink.ts';
