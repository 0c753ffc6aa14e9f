export { decodeMessages, MAX_BATCH_MESSAGES, type ReadMessage } from './batch.ts';
export { DIFFICULTY_ONE_TARGET, type DifficultyRounding, tellableDifficulty } from './difficulty.ts';
export type { Sv1Error, Sv1ErrorCode } from './failure.ts';
export { LineSplitter, type LineSplitterOptions, MAX_LINE_BYTES } from './lineSplitter.ts';
export {
  decodeLine,
  encodeCall,
  encodeResponse,
  type RpcId,
  rpcId,
  type Sv1Call,
  type Sv1Message,
  type Sv1Response,
} from './message.ts';
export type { Caller, ParamsOf, ResultOf, Sv1Method } from './method.ts';
export {
  Configure,
  type ConfigureParams,
  type ConfigureResult,
  type MinerInfo,
} from './methods/configure.ts';
export {
  ClientGetVersion,
  ClientReconnect,
  ClientShowMessage,
  GetTransactions,
  MultiVersion,
  Ping,
  type ReconnectParams,
} from './methods/control.ts';
export {
  Authorize,
  type AuthorizeParams,
  ExtranonceSubscribe,
  MAX_EXTRANONCE1_BYTES,
  MAX_EXTRANONCE2_BYTES,
  SetExtranonce,
  type SetExtranonceParams,
  Submit,
  type SubmitParams,
  Subscribe,
  type SubscribeParams,
  type SubscribeResult,
} from './methods/session.ts';
export {
  Notify,
  type NotifyParams,
  SetDifficulty,
  type SetDifficultyParams,
  SetVersionMask,
  type SetVersionMaskParams,
  SuggestDifficulty,
  SuggestTarget,
  type SuggestTargetParams,
} from './methods/work.ts';
export { methodOf, SV1_METHODS, type TypedCall, typedCall } from './methods.ts';
export { swapWords } from './prevHash.ts';
export { parseRpcError, RPC_ERROR_CODES, type RpcError, type RpcErrorName, rpcError } from './rpcError.ts';
export { MAX_DEPTH } from './scan.ts';
export {
  ClientSession,
  type ClientSessionOptions,
  type ClientSessionOutput,
  DEFAULT_LINE_LIMITS,
  DEFAULT_SERVER_SESSION_LIMITS,
  difficultyLine,
  extranonceLine,
  type LineCloseCause,
  LineConnection,
  type LineEvent,
  type LineLimits,
  MAX_PENDING_CALLS,
  messageLine,
  notifyLine,
  type PendingCall,
  reconnectLine,
  ServerSession,
  type ServerSessionEnd,
  type ServerSessionLimits,
  type ServerSessionOptions,
  type ServerSessionOutput,
  type SubscriptionTerms,
  versionMaskLine,
} from './session/index.ts';
export { shareHeader } from './shareHeader.ts';
