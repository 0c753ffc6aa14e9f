export { CLOSE_CAUSES, type CloseCause, type CloseDetail, type CloseFamily, flushesQueue } from './closeCause.ts';
export { connectAdvice } from './connectAdvice.ts';
export { Connection } from './connection.ts';
export { sanitizeErrorCode } from './errorCode.ts';
export type {
  ClosedEvent,
  ConnectionCounters,
  ConnectionEvent,
  ConnectionState,
  FrameKind,
  MessageEvent,
  ReadyEvent,
  SendOptions,
} from './events.ts';
export {
  addressKey,
  ConnectionGate,
  DEFAULT_GATE_LIMITS,
  type GateLimits,
  type Permit,
  type Refusal,
} from './gate.ts';
export { type BudgetClass, type ConnectionLimits, DEFAULT_CONNECTION_LIMITS, type Rate } from './limits.ts';
export type {
  ClientExtensions,
  ClientSetup,
  ConnectionOptions,
  ConnectionSecurity,
  ServerSetup,
  SetupDecision,
} from './options.ts';
export {
  type ClientSecurityOptions,
  clientSecurity,
  type SecurityBackends,
  type ServerTrust,
  serverSecurity,
} from './security.ts';
export { SilentServers, type SilentServersOptions } from './silentServers.ts';
