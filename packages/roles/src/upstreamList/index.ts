export { DEFAULT_RETRY_POLICY, type RetryPolicy, UpstreamList, type UpstreamListOptions } from './upstreamList.ts';
