export type { CloseOutput, ConnectionId, FrameKind, SendOutput } from './output.ts';
export {
  type BlockTemplate,
  type CoinbaseConstraints,
  DEFAULT_TEMPLATE_SERVER_LIMITS,
  type FittedTemplate,
  fitTemplate,
  isSatisfiable,
  reservedWeight,
  type SolutionRefusal,
  TemplateServer,
  type TemplateServerEvent,
  type TemplateServerInput,
  type TemplateServerLimits,
  type TemplateServerOptions,
  type TemplateServerOutput,
  type TemplateTransaction,
} from './templateServer/index.ts';
