import { ConfigError } from '@stratumkit/codec';
import { parseStratumUrl } from '@stratumkit/noise';
import { parseSocketAddress } from '@stratumkit/runtime';

export interface PeerFlag {
  readonly host: string;
  readonly port: number;
  readonly authorityPublicKey: Uint8Array | undefined;
}

/** `host:port`, or a stratum2+tcp URL with the key. Throws ConfigError. */
export function parsePeer(text: string): PeerFlag {
  if (!text.includes('://')) return { ...parseAddress(text), authorityPublicKey: undefined };
  const { host, port, authorityPublicKey } = parseStratumUrl(text);
  return { host, port, authorityPublicKey };
}

/** Throws ConfigError. */
export function parseAddress(text: string): { host: string; port: number } {
  try {
    return parseSocketAddress(text);
  } catch (error) {
    throw new ConfigError('invalid-address', `${text}: ${(error as Error).message}`);
  }
}
