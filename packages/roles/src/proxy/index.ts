export { ProxyCore } from './proxyCore.ts';
export {
  DEFAULT_PROXY_LIMITS,
  type DownstreamInput,
  type ProxyCoreOptions,
  type ProxyEvent,
  type ProxyInput,
  type ProxyLimits,
  type ProxyOutput,
  type ProxyTotals,
  type UpstreamInput,
} from './proxyTypes.ts';
