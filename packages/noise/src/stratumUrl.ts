import { ConfigError } from '@stratumkit/codec';
import { decodeAuthorityPublicKey, encodeAuthorityPublicKey } from './authorityKey.ts';

const SCHEME = 'stratum2+tcp';

/** An upstream's address (spec 4.7). */
export interface StratumUrl {
  /** Name, IPv4 address, or IPv6 address without brackets. */
  readonly host: string;
  readonly port: number;
  /** 32-byte x-only key; absent when the URL carries none. */
  readonly authorityPublicKey?: Uint8Array;
}

/** Reads `stratum2+tcp://host:port/key`; the key may be absent. Throws `ConfigError`, whose text never repeats the key. */
export function parseStratumUrl(text: string): StratumUrl {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) throw invalid(`a Stratum V2 URL begins with ${SCHEME}://`);
  if (scheme !== SCHEME) {
    const hint = /^stratum(1|\+|$)/.test(scheme) ? ', which stands for Stratum V1' : '';
    throw invalid(`the scheme is ${scheme}${hint}; Stratum V2 needs ${SCHEME}://`);
  }
  const rest = text.slice(scheme.length + 3);
  if (/[?#]/.test(rest)) throw invalid('a Stratum V2 URL has no query and no fragment');
  const slash = rest.indexOf('/');
  const authority = slash < 0 ? rest : rest.slice(0, slash);
  const path = slash < 0 ? '' : rest.slice(slash + 1).replace(/\/$/, '');
  if (authority.includes('@'))
    throw invalid('a Stratum V2 URL has no user name; the user identity is set apart from it');
  if (path.includes('/')) throw invalid('the path of a Stratum V2 URL is the authority key alone');

  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::([^:]*))?$/.exec(authority);
  if (match === null) throw invalid('the host is malformed; an IPv6 address stands in brackets');
  const [, ipv6, name, portText] = match;
  const host = parseHost(ipv6, name);
  if (portText === undefined || portText === '') throw invalid('the port is missing');
  const port = /^\d{1,5}$/.test(portText) ? Number(portText) : 0;
  if (port < 1 || port > 65_535) throw invalid('the port is no number from 1 to 65535');
  return path === '' ? { host, port } : { host, port, authorityPublicKey: decodeAuthorityPublicKey(path) };
}

/** `stratum2+tcp://host:port/key`, what `parseStratumUrl` reads. */
export function formatStratumUrl(url: {
  readonly host: string;
  readonly port: number;
  readonly authorityPublicKey?: Uint8Array | undefined;
}): string {
  const host = url.host.includes(':') ? `[${url.host}]` : url.host;
  const key = url.authorityPublicKey === undefined ? '' : `/${encodeAuthorityPublicKey(url.authorityPublicKey)}`;
  return `${SCHEME}://${host}:${url.port}${key}`;
}

function parseHost(ipv6: string | undefined, name: string | undefined): string {
  if (ipv6 !== undefined) {
    if (!isIpv6(ipv6)) throw invalid('the IPv6 address is malformed');
    return ipv6.toLowerCase();
  }
  if (name === undefined || name === '') throw invalid('the host is missing');
  if (name.length > 253 || !/^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(name) || name.includes('..')) {
    throw invalid('the host is malformed');
  }
  return name.toLowerCase();
}

/** Groups of up to four hex digits, at most one `::`, an IPv4 tail, a zone after `%`. */
function isIpv6(text: string): boolean {
  const [address, zone, ...more] = text.split('%');
  if (address === undefined || more.length > 0 || (zone !== undefined && !/^[\w.-]+$/.test(zone))) return false;
  const ipv4 = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address);
  if (ipv4?.slice(2).some((part) => Number(part) > 255)) return false;
  const halves = (ipv4 === null ? address : `${ipv4[1]}0:0`).split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

function invalid(message: string): ConfigError {
  return new ConfigError('invalid-url', message);
}
