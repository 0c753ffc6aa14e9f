/** Where an upstream listens. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** `bad-host`: neither a name nor an address. `private-host`: a public upstream names a private one. */
export type ReconnectRefusal = 'bad-host' | 'private-host';

const HOST_NAME =
  /^(?=.{1,253}$)([a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)(\.[a-zA-Z0-9_]([a-zA-Z0-9_-]{0,61}[a-zA-Z0-9_])?)*\.?$/;
const IPV6 = /^\[?[0-9a-fA-F:.]{2,45}\]?$/;

/**
 * Where a Reconnect message leads (spec 3.6.5): an empty host and port 0 stand for the present ones. The authority key stays as
 * it is, whatever the message says. A public upstream cannot send its clients into their own network.
 */
export function reconnectEndpoint(
  present: Endpoint,
  host: string,
  port: number,
): { readonly endpoint: Endpoint } | { readonly refused: ReconnectRefusal } {
  if (host === '') return { endpoint: { host: present.host, port: port === 0 ? present.port : port } };
  const isIpv6 = host.includes(':') && IPV6.test(host);
  if (!isIpv6 && !HOST_NAME.test(host)) return { refused: 'bad-host' };
  if (isPrivateHost(host) && !isPrivateHost(present.host)) return { refused: 'private-host' };
  return { endpoint: { host: isIpv6 ? host.replace(/^\[|\]$/g, '') : host, port: port === 0 ? present.port : port } };
}

/** Loopback, private, link-local and unspecified addresses, and names that only resolve locally. */
export function isPrivateHost(host: string): boolean {
  const name = host
    .toLowerCase()
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '');
  const ipv4 = /(?:^|:)(\d{1,3})\.(\d{1,3})\.\d{1,3}\.\d{1,3}$/.exec(name);
  if (ipv4 !== null) {
    const [first, second] = [Number(ipv4[1]), Number(ipv4[2])];
    return (
      first === 0 ||
      first === 10 ||
      first === 127 ||
      (first === 100 && second >= 64 && second <= 127) ||
      (first === 169 && second === 254) ||
      (first === 172 && second >= 16 && second <= 31) ||
      (first === 192 && second === 168)
    );
  }
  if (name.includes(':')) return /^(::1?$|::ffff:|f[cd]|fe[89ab])/.test(name);
  return !name.includes('.') || /\.(local|localhost|lan|internal|home\.arpa)$/.test(name) || /^[0-9.]+$/.test(name);
}
