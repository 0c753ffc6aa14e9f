export { templateProvider } from './app.ts';
export type { BlockEvent, SourceEvent, TemplateProviderEvent } from './events.ts';
export { defaultModules, type TemplateProviderModules } from './modules.ts';
export type { BlockPace, NodeChainSource, RegtestChainSource, TemplateProviderOptions } from './options.ts';
export type { FoundBlock, SourceSink, TemplateSource } from './source.ts';
export { createTemplateProvider, type TemplateProvider } from './templateProvider.ts';
