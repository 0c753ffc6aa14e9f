export { systemClock } from './clock.ts';
export { connect } from './connect.ts';
export { IncomingLinks, type LinkMessage } from './incomingLinks.ts';
export { connectLines } from './linesConnect.ts';
export { listenLines } from './linesListen.ts';
export type {
  LineConnectOptions,
  LineEdgeOptions,
  LineHandler,
  LineLink,
  LineListener,
  LineListenOptions,
  LineTls,
} from './linesTypes.ts';
export { listen } from './listen.ts';
export { type OutgoingEvent, OutgoingLinks, type OutgoingLinksOptions } from './outgoingLinks.ts';
export { connectFailure, TransportError, type TransportErrorCode } from './transportError.ts';
export { DEFAULT_FAIRNESS, type FairnessLimits, TurnScheduler, type TurnTask } from './turnScheduler.ts';
export type {
  ConnectOptions,
  EdgeOptions,
  Link,
  LinkHandler,
  Listener,
  ListenOptions,
  Logger,
  RemoteEndpoint,
} from './types.ts';
