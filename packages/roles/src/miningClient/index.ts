export { ClientChannel, type ClientChannelInfo } from './clientChannel.ts';
export { DEFAULT_MINING_CLIENT_LIMITS, type MiningClientLimits } from './limits.ts';
export {
  type ClientShare,
  MiningClient,
  type MiningClientOptions,
  type OpenChannelRequest,
  type SubmittedShare,
} from './miningClient.ts';
export type { MiningClientOutput, Violation } from './outputs.ts';
export { type Endpoint, isPrivateHost, type ReconnectRefusal, reconnectEndpoint } from './reconnect.ts';
export {
  DEFAULT_REDIRECTION_LIMITS,
  type RedirectionLimits,
  type RedirectionRefusal,
  Redirections,
} from './redirections.ts';
export { type ActiveWork, type ClientJob, type ClientTip, type MerkleSource, maxNtime, merkleRootOf } from './work.ts';
