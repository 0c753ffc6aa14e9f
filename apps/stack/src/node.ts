import { ConfigError } from '@stratumkit/codec';
import type { NodeAuth } from '@stratumkit/node-rpc';

/** A node as `--node` names it: `http://user:password@host:port`, or without credentials beside a cookie file. */
export function parseNode(text: string, cookieFile: string | undefined): { url: string; auth: NodeAuth } {
  if (!URL.canParse(text)) throw new ConfigError('invalid-config', `--node ${text} is not http://host:port`);
  const url = new URL(text);
  if (url.protocol !== 'http:') throw new ConfigError('invalid-config', `--node ${url.protocol}: only http: is spoken`);
  const { username, password, host } = url;
  const address = `http://${host}`;
  if (cookieFile !== undefined) {
    if (username !== '')
      throw new ConfigError('invalid-config', '--node has a user and --cookie-file is given: one of them');
    return { url: address, auth: { type: 'cookie', file: cookieFile } };
  }
  if (username === '')
    throw new ConfigError('invalid-config', '--node needs user and password in the url, or --cookie-file');
  return {
    url: address,
    auth: { type: 'password', user: decodeURIComponent(username), password: decodeURIComponent(password) },
  };
}
