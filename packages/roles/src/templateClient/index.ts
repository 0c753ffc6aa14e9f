export type { BlockSolution } from './keptSolutions.ts';
export { createTemplate, MAX_COINBASE_PREFIX_SIZE, type Template } from './template.ts';
export {
  DEFAULT_TEMPLATE_CLIENT_LIMITS,
  TemplateClient,
  type TemplateClientLimits,
  type TemplateClientOptions,
  type TemplateClientState,
} from './templateClient.ts';
export type { TemplateErrorCode } from './templateError.ts';
export type { TemplateClientInput, TemplateClientOutput, TemplateTip } from './types.ts';
