export {
  ClientSession,
  type ClientSessionOptions,
  type ClientSessionOutput,
  MAX_PENDING_CALLS,
} from './clientSession.ts';
export { DEFAULT_SERVER_SESSION_LIMITS, type ServerSessionLimits } from './limits.ts';
export {
  DEFAULT_LINE_LIMITS,
  type LineCloseCause,
  LineConnection,
  type LineEvent,
  type LineLimits,
} from './lineConnection.ts';
export {
  difficultyLine,
  extranonceLine,
  messageLine,
  notifyLine,
  reconnectLine,
  ServerSession,
  type ServerSessionOptions,
  versionMaskLine,
} from './serverSession.ts';
export type {
  PendingCall,
  ServerSessionEnd,
  ServerSessionOutput,
  SubscriptionTerms,
} from './serverTypes.ts';
