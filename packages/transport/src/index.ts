export { connect } from './connect.ts';
export { listen } from './listen.ts';
export type {
  ConnectOptions,
  EdgeOptions,
  FairnessLimits,
  Link,
  LinkHandler,
  Listener,
  ListenOptions,
  Logger,
  RemoteEndpoint,
} from './types.ts';
