export type { BlockTemplate, TemplateTransaction } from './blockTemplate.ts';
export {
  type CoinbaseConstraints,
  type FittedTemplate,
  fitTemplate,
  isSatisfiable,
  reservedWeight,
} from './fitTemplate.ts';
export type { SolutionRefusal } from './solution.ts';
export {
  DEFAULT_TEMPLATE_SERVER_LIMITS,
  TemplateServer,
  type TemplateServerLimits,
  type TemplateServerOptions,
} from './templateServer.ts';
export type { SubmitBlockOutput, TemplateServerEvent, TemplateServerInput, TemplateServerOutput } from './types.ts';
