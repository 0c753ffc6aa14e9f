export { translator } from './app.ts';
export type { TranslatorAppEvent } from './events.ts';
export { defaultModules, type TranslatorModules } from './modules.ts';
export type { TranslatorOptions, TranslatorUpstream } from './options.ts';
export { createTranslator, type Translator } from './translator.ts';
