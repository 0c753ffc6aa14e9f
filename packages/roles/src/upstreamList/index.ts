export type { UpstreamFailure } from './upstreamFailure.ts';
export { DEFAULT_RETRY_POLICY, type RetryPolicy, UpstreamList, type UpstreamListOptions } from './upstreamList.ts';
export { UpstreamSession, type UpstreamStage } from './upstreamSession.ts';
export { UpstreamSwitch } from './upstreamSwitch.ts';
export {
  DEFAULT_UPSTREAM_TIMEOUTS,
  type TrunkRequest,
  type UpstreamEvent,
  type UpstreamSwitchOptions,
  type UpstreamSwitchOutput,
  type UpstreamTimeouts,
  type WorkUpstream,
} from './upstreamTypes.ts';
