import { describe, expect, it } from 'vitest';
import { decodeAuthorityPublicKey, formatStratumUrl, parseStratumUrl } from '../src/index.ts';

const KEY = '9bXiEd8boQVhq7WddEcERUL5tyyJVFYdU8th3HfbNXK3Yw6GRXh';
const authorityPublicKey = decodeAuthorityPublicKey(KEY);

describe('parseStratumUrl', () => {
  it.each([
    [`stratum2+tcp://thepool.com:34254/${KEY}`, { host: 'thepool.com', port: 34_254, authorityPublicKey }],
    [`STRATUM2+TCP://ThePool.com:1/${KEY}/`, { host: 'thepool.com', port: 1, authorityPublicKey }],
    ['stratum2+tcp://127.0.0.1:65535', { host: '127.0.0.1', port: 65_535 }],
    ['stratum2+tcp://my_pool-1.lan:3333/', { host: 'my_pool-1.lan', port: 3333 }],
    [`stratum2+tcp://[2001:db8::1]:3333/${KEY}`, { host: '2001:db8::1', port: 3333, authorityPublicKey }],
    ['stratum2+tcp://[::1]:3333', { host: '::1', port: 3333 }],
    ['stratum2+tcp://[::ffff:127.0.0.1]:3333', { host: '::ffff:127.0.0.1', port: 3333 }],
    ['stratum2+tcp://[fe80::1%eth0]:3333', { host: 'fe80::1%eth0', port: 3333 }],
    ['stratum2+tcp://[1:2:3:4:5:6:7:8]:3333', { host: '1:2:3:4:5:6:7:8', port: 3333 }],
  ])('reads %s', (text, url) => {
    expect(parseStratumUrl(text)).toEqual(url);
    expect(parseStratumUrl(formatStratumUrl(url))).toEqual(url);
  });

  it.each([
    ['', 'begins with stratum2+tcp://'],
    ['pool.com:3333', 'begins with stratum2+tcp://'],
    ['stratum+tcp://pool.com:3333', 'Stratum V1'],
    ['http://pool.com:3333', 'the scheme is http'],
    ['stratum2+tcp://', 'the host is missing'],
    ['stratum2+tcp://:3333', 'the host is missing'],
    ['stratum2+tcp://pool.com', 'the port is missing'],
    [`stratum2+tcp://pool.com/${KEY}`, 'the port is missing'],
    ['stratum2+tcp://pool.com:', 'the port is missing'],
    ['stratum2+tcp://pool.com:0', 'from 1 to 65535'],
    ['stratum2+tcp://pool.com:65536', 'from 1 to 65535'],
    ['stratum2+tcp://pool.com:3e3', 'from 1 to 65535'],
    ['stratum2+tcp://2001:db8::1:3333', 'stands in brackets'],
    ['stratum2+tcp://[::1:3333', 'the host is malformed'],
    ['stratum2+tcp://[1::2::3]:3333', 'IPv6 address is malformed'],
    ['stratum2+tcp://[1:2:3]:3333', 'IPv6 address is malformed'],
    ['stratum2+tcp://[::999.1.1.1]:3333', 'IPv6 address is malformed'],
    ['stratum2+tcp://[]:3333', 'IPv6 address is malformed'],
    ['stratum2+tcp://po ol.com:3333', 'the host is malformed'],
    ['stratum2+tcp://pool..com:3333', 'the host is malformed'],
    ['stratum2+tcp://user:pass@pool.com:3333', 'no user name'],
    [`stratum2+tcp://pool.com:3333/${KEY}/x`, 'the authority key alone'],
    [`stratum2+tcp://pool.com:3333/${KEY}?x`, 'no query'],
    [`stratum2+tcp://pool.com:3333/${KEY.slice(1)}`, 'not valid base58check'],
  ])('refuses %s', (text, reason) => {
    expect(() => parseStratumUrl(text)).toThrow(expect.objectContaining({ name: 'ConfigError' }));
    expect(() => parseStratumUrl(text)).toThrow(reason);
    expect(() => parseStratumUrl(text)).not.toThrow(KEY.slice(1));
  });
});
