import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigSources, loadConfig } from '@stratumkit/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROXY_FIELDS, toOptions } from '../src/config.ts';

const PUBLIC = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
const SECRET = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n';

const FILE = `
authority_public_key = "${PUBLIC}"
authority_secret_key = "${SECRET}"
listen_address = "0.0.0.0:34255"
user_identity = "farm"
aggregate_channels = true
shares_per_minute = 12.5

[[upstreams]]
address = "pool.example"
port = 3333
authority_pubkey = "${PUBLIC}"
user_identity = "alice"
tlv_byte_order = "little"

[[upstreams]]
address = "spare.example"
port = 3334
authority_pubkey = "${PUBLIC}"
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'proxy-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function options(toml: string, environment: ConfigSources['environment'] = {}) {
  const file = join(directory, 'proxy.toml');
  writeFileSync(file, toml);
  return toOptions(loadConfig(PROXY_FIELDS, { file, environmentPrefix: 'PROXY', environment, flags: {} }));
}

describe('the configuration', () => {
  it('takes the upstreams in the form of the reference implementation', () => {
    expect(options(FILE)).toMatchObject({
      listen: { host: '0.0.0.0', port: 34255 },
      upstreams: [
        { host: 'pool.example', port: 3333, userIdentity: 'alice', tlvByteOrder: 'little' },
        { host: 'spare.example', port: 3334, userIdentity: 'farm', tlvByteOrder: 'big' },
      ],
      upstreamSecurity: 'authenticated',
      sharesPerMinute: 12.5,
      limits: { noWorkMs: 30_000 },
      timeouts: { returnAfterMs: 60_000 },
    });
  });

  it('takes URLs too, and lets the environment override the file', () => {
    const environment = { PROXY__UPSTREAM: `stratum2+tcp://first.example:1/${PUBLIC}`, PROXY__RETURN_AFTER_SEC: '5' };
    const { upstreams, timeouts } = options(FILE, environment);
    expect(upstreams.map(({ host }) => host)).toEqual(['first.example', 'pool.example', 'spare.example']);
    expect(timeouts).toEqual({ returnAfterMs: 5_000 });
  });

  it('has a byte order for the upstreams that name none', () => {
    const { upstreams } = options(
      `tlv_byte_order = "little"\n${FILE.replace('tlv_byte_order = "little"', 'tlv_byte_order = "big"')}`,
    );
    expect(upstreams.map(({ tlvByteOrder }) => tlvByteOrder)).toEqual(['big', 'little']);
  });

  it('knows both modes', () => {
    expect(options(FILE).mode).toBe('aggregating');
    expect(options(FILE.replace('aggregate_channels = true', 'aggregate_channels = false')).mode).toBe('transparent');
  });

  const without = (key: string) => FILE.replaceAll(new RegExp(`^${key} = .*\n`, 'gm'), '');

  it.each([
    ['no secret key', without('authority_secret_key'), /keygen/],
    ['no upstream', FILE.slice(0, FILE.indexOf('[[upstreams]]')), /no upstream/],
    ['an upstream without a key', without('authority_pubkey'), /unverified_upstreams/],
    ['nobody to mine for', without('user_identity'), /user_identity/],
    [
      'hashrates upside down',
      `min_hashrate = 10\nmax_hashrate = 5\n${FILE}`,
      /min_hashrate 10 is above max_hashrate 5/,
    ],
    ['a key nobody knows', `listen_adress = "a:1"\n${FILE}`, /listen_address/],
  ])('refuses %s', (_, toml, message) => {
    expect(() => options(toml)).toThrow(message);
  });

  it('speaks plain only when told to, and only to upstreams without keys', () => {
    const bare = `insecure = true\n${without('authority_pubkey')}`;
    expect(options(bare)).toMatchObject({ insecure: true, upstreamSecurity: 'plain' });
    expect(options(`insecure = true\n${FILE}`)).toMatchObject({ upstreamSecurity: 'authenticated' });
  });
});
