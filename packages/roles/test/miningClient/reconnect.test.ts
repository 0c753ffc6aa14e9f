import { describe, expect, it } from 'vitest';
import { isPrivateHost, reconnectEndpoint } from '../../src/index.ts';

const PUBLIC = { host: 'pool.example.com', port: 3333 };
const LOCAL = { host: '127.0.0.1', port: 3333 };

describe('Reconnect', () => {
  it.each([
    ['', 0, PUBLIC],
    ['', 4444, { host: 'pool.example.com', port: 4444 }],
    ['other.example.com', 0, { host: 'other.example.com', port: 3333 }],
    ['203.0.113.7', 1, { host: '203.0.113.7', port: 1 }],
    ['[2001:db8::1]', 1, { host: '2001:db8::1', port: 1 }],
  ])('to %j port %i', (host, port, endpoint) => {
    expect(reconnectEndpoint(PUBLIC, host, port)).toEqual({ endpoint });
  });

  it.each([
    ['a b', 'bad-host'],
    ['evil\u0000.example', 'bad-host'],
    ['http://x.example', 'bad-host'],
    ['-x.example', 'bad-host'],
    ['x'.repeat(255), 'bad-host'],
    ['127.0.0.1', 'private-host'],
    ['10.1.2.3', 'private-host'],
    ['localhost', 'private-host'],
    ['[::1]', 'private-host'],
    ['::ffff:192.168.0.1', 'private-host'],
    ['fd00::1', 'private-host'],
    ['2130706433', 'private-host'],
  ])('refuses %j from a public upstream: %s', (host, refused) => {
    expect(reconnectEndpoint(PUBLIC, host, 1)).toEqual({ refused });
  });

  it('lets a local upstream lead to another local one', () => {
    expect(reconnectEndpoint(LOCAL, '127.0.0.1', 4)).toEqual({ endpoint: { host: '127.0.0.1', port: 4 } });
  });

  it.each(['8.8.8.8', '172.32.0.1', '2001:db8::1', 'pool.example.com', '100.128.0.1'])('%s is public', (host) => {
    expect(isPrivateHost(host)).toBe(false);
  });

  it.each(['0.0.0.0', '172.16.0.1', '169.254.1.1', 'fe80::1', '::', 'miner.local', '100.64.0.1'])(
    '%s is private',
    (host) => {
      expect(isPrivateHost(host)).toBe(true);
    },
  );
});
