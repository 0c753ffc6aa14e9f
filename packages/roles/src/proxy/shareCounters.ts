import type { ProxyTotals } from './proxyTypes.ts';

export class ShareCounters implements ProxyTotals {
  sharesIn = 0;
  sharesForwarded = 0;
  sharesAcknowledged = 0;
  sharesRejectedUpstream = 0;
  sharesUnknown = 0;
}
