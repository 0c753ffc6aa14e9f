import { isIP } from 'node:net';
import { decodeAuthorityPublicKey, decodeAuthoritySecretKey, publicKeyFromSecret } from '@stratumkit/noise';
import type { ConnectionPlan } from './model.ts';
import type { Node } from './reader.ts';

/** The connections of `role`, `downstream` and `upstream`, in the order in which they are made, and those of `connections`. */
export function parseConnections(root: Node, version: '1' | '2', compat: boolean): readonly ConnectionPlan[] {
  const named = root.get('connections');
  const listed = compat ? [] : named.items({ optional: true }).map(parseNamed);
  const role = root.get('role');
  const protocol = version === '1' ? 'sv1' : 'sv2';
  if (!role.exists && listed.length > 0) return listed;
  const roles =
    version === '1' && compat ? [role.oneOf(['client'])] : [role.oneOf(['client', 'server', 'proxy', 'none'])];
  const own: ConnectionPlan[] = [];
  for (const name of roles) {
    // What follows from a role that was refused would only be noise.
    if (name !== role.json) continue;
    if (name === 'server' || name === 'proxy') own.push(parseServer(root.get('upstream'), protocol, 'server'));
    if (name === 'client' || name === 'proxy') own.push(parseClient(root.get('downstream'), protocol, 'client'));
  }
  const all = [...own, ...listed];
  const names = all.map(({ name }) => name);
  if (new Set(names).size < names.length) named.error('two connections have the same name');
  return all;
}

function parseNamed(node: Node): ConnectionPlan {
  node.warnUnknown([
    'name',
    'role',
    'protocol',
    'ip',
    'port',
    'pub_key',
    'secret_key',
    'encrypted',
    'open',
    'tested',
    'plain',
    'other_authority',
  ]);
  const protocol = node.get('protocol').exists ? node.get('protocol').oneOf(['sv2', 'sv1']) : 'sv2';
  const name = node.get('name').text();
  const role = node.get('role').oneOf(['client', 'server']);
  const plan = role === 'client' ? parseClient(node, protocol, name) : parseServer(node, protocol, name);
  return {
    ...plan,
    opens: node.get('open').exists ? node.get('open').oneOf(['start', 'action', 'background']) : 'start',
  };
}

type Address = Pick<ConnectionPlan, 'ip' | 'port' | 'tested' | 'plain' | 'otherAuthority' | 'file' | 'line'>;

/** `"tested": true`: where the role under test is, is known to the run alone. */
function parseTested(node: Node): Address | undefined {
  if (!node.get('tested').boolean(false)) return undefined;
  const plain = node.get('plain').boolean(false);
  const otherAuthority = node.get('other_authority').boolean(false);
  return { ip: '127.0.0.1', port: 0, tested: true, plain, otherAuthority, file: node.file, line: node.line };
}

function parseClient(node: Node, protocol: 'sv1' | 'sv2', name: string): ConnectionPlan {
  const key = readKey(node.get('pub_key'), decodeAuthorityPublicKey);
  const encrypted = node.get('encrypted').boolean(false);
  // SV1 is always plain; its key only has to be well formed.
  const authorityPublicKey = protocol === 'sv1' ? undefined : (key ?? (encrypted ? 'unverified' : undefined));
  return {
    ...(parseTested(node) ?? address(node)),
    name,
    role: 'client',
    protocol,
    authorityPublicKey,
    authoritySecretKey: undefined,
    opens: 'start',
  };
}

function parseServer(node: Node, protocol: 'sv1' | 'sv2', name: string): ConnectionPlan {
  const publicKey = node.get('pub_key');
  const secretKey = node.get('secret_key');
  const authorityPublicKey = readKey(publicKey, decodeAuthorityPublicKey);
  const authoritySecretKey = readKey(secretKey, decodeAuthoritySecretKey);
  if (publicKey.exists !== secretKey.exists) node.error('pub_key and secret_key stand together or not at all');
  if (authorityPublicKey !== undefined && authoritySecretKey !== undefined) {
    const own = publicKeyFromSecret(authoritySecretKey);
    if (own.some((byte, index) => byte !== authorityPublicKey[index])) {
      secretKey.error('does not belong to pub_key');
    }
  }
  const keys =
    protocol === 'sv1'
      ? { authorityPublicKey: undefined, authoritySecretKey: undefined }
      : { authorityPublicKey, authoritySecretKey };
  return { ...(parseTested(node) ?? address(node)), name, role: 'server', protocol, ...keys, opens: 'start' };
}

function address(node: Node): Address {
  const ip = node.get('ip').text();
  if (ip !== '' && isIP(ip) === 0) node.get('ip').error('must be an IPv4 or IPv6 address, not a host name');
  return {
    ip,
    port: node.get('port').integer(0, 65_535),
    tested: false,
    plain: false,
    otherAuthority: false,
    file: node.file,
    line: node.line,
  };
}

function readKey(node: Node, decode: (text: string) => Uint8Array): Uint8Array | undefined {
  if (!node.exists) return undefined;
  try {
    return decode(node.text());
  } catch (error) {
    node.error((error as Error).message);
    return undefined;
  }
}
