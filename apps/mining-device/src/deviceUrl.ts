import { ConfigError } from '@stratumkit/codec';
import { parseStratumUrl, type StratumUrl } from '@stratumkit/noise';

const SV1_SCHEME = 'stratum+tcp://';

export interface DeviceUrl extends StratumUrl {
  readonly protocol: 'sv1' | 'sv2';
}

/** `stratum2+tcp://host:port/KEY`, or `stratum+tcp://host:port` for SV1. Throws `ConfigError`. */
export function parseDeviceUrl(text: string): DeviceUrl {
  if (!text.toLowerCase().startsWith(SV1_SCHEME)) return { ...parseStratumUrl(text), protocol: 'sv2' };
  const rest = text.slice(SV1_SCHEME.length).replace(/\/$/, '');
  if (rest.includes('/')) throw new ConfigError('invalid-url', 'a Stratum V1 URL ends with the port');
  // Host and port are written alike in both.
  return { ...parseStratumUrl(`stratum2+tcp://${rest}`), protocol: 'sv1' };
}
