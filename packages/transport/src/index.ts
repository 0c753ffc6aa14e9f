export { systemClock } from './clock.ts';
export { connect } from './connect.ts';
export { listen } from './listen.ts';
export { TransportError, type TransportErrorCode } from './transportError.ts';
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
