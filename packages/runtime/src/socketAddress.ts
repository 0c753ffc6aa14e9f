import { isIPv6 } from 'node:net';
import { FieldProblem } from './schema.ts';

/** Where to listen or to connect; as text `host:port`, IPv6 in brackets. */
export interface SocketAddress {
  /** Name or address; IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

/** Reads `host:port` and `[ipv6]:port`. Throws `FieldProblem`. */
export function parseSocketAddress(text: string): SocketAddress {
  const match = /^(?:\[([^\]]+)\]|([a-z0-9_.-]+)):(\d{1,5})$/i.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw new FieldProblem('is not host:port with a port from 0 to 65535');
  const [, ipv6, name] = match;
  if (ipv6 !== undefined && !isIPv6(ipv6)) throw new FieldProblem('has a malformed IPv6 address');
  return { host: (ipv6 ?? name)!, port };
}

/** `host:port`, IPv6 hosts in brackets. */
export function formatSocketAddress({ host, port }: SocketAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
