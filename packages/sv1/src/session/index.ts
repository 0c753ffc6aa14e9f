export { ClientSession, type ClientSessionOptions, type ClientSessionOutput } from './clientSession.ts';
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
  notifyLine,
  ServerSession,
  type ServerSessionOptions,
} from './serverSession.ts';
export type {
  PendingCall,
  ServerSessionEnd,
  ServerSessionOutput,
  SubscriptionTerms,
} from './serverTypes.ts';
