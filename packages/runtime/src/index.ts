export { type AppContext, type AppDefinition, defineApp } from './app.ts';
export { randomBytes, readClock } from './clock.ts';
export { variableNames } from './environmentSource.ts';
export {
  authorityPublicKey,
  authoritySecretKey,
  boolean,
  choice,
  custom,
  type FieldOptions,
  hex,
  integer,
  list,
  type NumberOptions,
  number,
  socketAddress,
  stratumUrl,
  string,
  type ValueWith,
} from './fields.ts';
export type { FlagValues } from './flagSource.ts';
export {
  createHttpServer,
  type HttpOptions,
  type HttpReply,
  type HttpRequest,
  type HttpRoute,
  type HttpServer,
} from './httpServer.ts';
export { type EventLog, limitedLog } from './limitedLog.ts';
export { type ConfigSources, loadConfig } from './loadConfig.ts';
export { createLogger, LOG_LEVELS, type Logger, type LoggerOptions, type LogLevel } from './logger.ts';
export { type Machine, type MachineEdge, MachineLoop } from './machineLoop.ts';
export { makeFolder } from './makeFolder.ts';
export { Counter, createMetrics, Gauge, Histogram, Registry, RoleMetrics } from './metrics.ts';
export { exitCodeOfLoss, type OutputLoss, watchOutput } from './outputLoss.ts';
export type { Problem } from './parseTree.ts';
export { currentProcess, type ProcessEdge } from './processEdge.ts';
export { Resources } from './resources.ts';
export { DRAIN_TIMEOUT_MS, runApp } from './runApp.ts';
export {
  type CamelCase,
  type Field,
  FieldProblem,
  type Fields,
  type Infer,
  type InferFields,
  type Leaf,
  type Section,
  type SectionList,
  section,
  sectionList,
} from './schema.ts';
export { formatSocketAddress, parseSocketAddress, type SocketAddress } from './socketAddress.ts';
export { suggestionFor } from './suggestion.ts';
