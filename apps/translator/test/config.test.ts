import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConfigSources, loadConfig } from '@stratumkit/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TRANSLATOR_FIELDS, toOptions } from '../src/config.ts';

const KEY = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
const ADDRESS = 'bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4';

/** Every key that files of the reference implementation have, in their form. */
const REFERENCE = `
downstream_address = "0.0.0.0"
downstream_port = 34255
max_supported_version = 2
min_supported_version = 2
downstream_extranonce2_size = 4
verify_payout = false
aggregate_channels = true
# log_file = "./tproxy.log"
supported_extensions = [
    0x0002,  # Worker-Specific Hashrate Tracking
]
required_extensions = []
monitoring_address = "0.0.0.0:9092"
monitoring_cache_refresh_secs = 15

[miner_telemetry]
cidrs = ["192.168.1.0/24"]

[downstream_difficulty_config]
min_individual_miner_hashrate=10_000_000_000_000.0
shares_per_minute = 6.0
enable_vardiff = true
job_keepalive_interval_secs = 60

[[upstreams]]
address = "75.119.150.111"
port = 3333
authority_pubkey = "${KEY}"
user_identity = "your_primary_username_here"

[[upstreams]]
address = "pool.example.com"
port = 3334
authority_pubkey = "${KEY}"
user_identity = "your_backup_username_here"
`;

const SMALLEST = `
[[upstreams]]
address = "pool.example"
port = 3333
authority_pubkey = "${KEY}"
user_identity = "alice"
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'translator-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function load(toml: string, environment: ConfigSources['environment'] = {}) {
  const file = join(directory, 'tproxy.toml');
  writeFileSync(file, toml);
  return loadConfig(TRANSLATOR_FIELDS, { file, environmentPrefix: 'TPROXY', environment, flags: {} });
}

const options = (toml: string, environment?: ConfigSources['environment']) => toOptions(load(toml, environment));

describe('the configuration', () => {
  it('takes files of the reference implementation unchanged', () => {
    expect(options(REFERENCE)).toMatchObject({
      listen: { host: '0.0.0.0', port: 34255 },
      upstreams: [
        { host: '75.119.150.111', port: 3333, userIdentity: 'your_primary_username_here' },
        { host: 'pool.example.com', port: 3334, userIdentity: 'your_backup_username_here' },
      ],
      security: 'authenticated',
      aggregateChannels: true,
      extranonce2Size: 4,
      verifyPayout: false,
      keepaliveSeconds: 60,
      difficulty: { minerHashrate: 1e13, sharesPerMinute: 6, vardiff: true },
      supportedExtensions: [2],
      requiredExtensions: [],
    });
    expect(load(REFERENCE).monitoringAddress).toEqual({ host: '0.0.0.0', port: 9092 });
  });

  it('lets the environment override the file, nested keys too', () => {
    const environment = {
      TPROXY__DOWNSTREAM_PORT: '3333',
      TPROXY__AGGREGATE_CHANNELS: 'false',
      TPROXY__DOWNSTREAM_DIFFICULTY_CONFIG__SHARES_PER_MINUTE: '12.5',
      TPROXY__DOWNSTREAM_DIFFICULTY_CONFIG__ENABLE_VARDIFF: 'false',
      TPROXY__UPSTREAMS__1__ADDRESS: '192.0.2.7',
      TPROXY__SUPPORTED_EXTENSIONS: '2,3',
    };
    expect(options(REFERENCE, environment)).toMatchObject({
      listen: { host: '0.0.0.0', port: 3333 },
      aggregateChannels: false,
      difficulty: { sharesPerMinute: 12.5, vardiff: false },
      upstreams: [{ host: '75.119.150.111' }, { host: '192.0.2.7', port: 3334 }],
      supportedExtensions: [2, 3],
    });
  });

  it('takes the address to listen on in one piece, as the other roles do', () => {
    expect(options(`listen_address = "[::1]:0"\n${REFERENCE}`).listen).toEqual({ host: '::1', port: 0 });
    const flags = {
      listen: '127.0.0.1:3333',
      upstream: `stratum2+tcp://pool.example:3333/${KEY}`,
      'user-identity': 'a',
    };
    const sources = { file: undefined, environmentPrefix: 'TPROXY', environment: {}, flags };
    expect(toOptions(loadConfig(TRANSLATOR_FIELDS, sources)).listen).toEqual({ host: '127.0.0.1', port: 3333 });
  });

  it('needs no more than an upstream and a name', () => {
    expect(options(SMALLEST)).toMatchObject({
      listen: { host: '127.0.0.1', port: 34255 },
      aggregateChannels: false,
      extranonce2Size: 4,
      keepaliveSeconds: 60,
      versionMask: 0x1fffe000,
      maxConnections: 20_000,
      limits: { noWorkMs: 30_000 },
      tls: undefined,
    });
    const [withoutName] = SMALLEST.split('user_identity');
    expect(options(`user_identity = "farm"\n${withoutName}`).upstreams[0]!.userIdentity).toBe('farm');
  });

  it('takes URLs too, before what the file says', () => {
    const environment = { TPROXY__UPSTREAM: `stratum2+tcp://first.example:1/${KEY}`, TPROXY__USER_IDENTITY: 'bob' };
    expect(options(SMALLEST, environment).upstreams).toMatchObject([
      { host: 'first.example', port: 1, userIdentity: 'bob' },
      { host: 'pool.example', port: 3333, userIdentity: 'alice' },
    ]);
  });

  it('takes what is ours', () => {
    const ours = `
version_rolling_mask = "1fffffe0"
max_coinbase_bytes = 750
upstream_timeout_secs = 5
return_after_secs = 7
max_connections = 10
[downstream_difficulty_config]
min_difficulty = 524288
job_keepalive_interval_secs = 0
${SMALLEST}tlv_byte_order = "little"
`;
    expect(options(ours)).toMatchObject({
      versionMask: 0x1fffffe0,
      maxCoinbaseBytes: 750,
      maxConnections: 10,
      limits: { noWorkMs: 5_000 },
      timeouts: { returnAfterMs: 7_000 },
      difficulty: { minDifficulty: 524_288 },
      keepaliveSeconds: 0,
      upstreams: [{ tlvByteOrder: 'little' }],
    });
  });

  const without = (key: string) => SMALLEST.replace(new RegExp(`^${key} = .*\n`, 'm'), '');

  it.each([
    ['no upstream', 'downstream_port = 1\n', /no upstream/],
    ['an upstream without a key', without('authority_pubkey'), /pool\.example:3333 has no key/],
    ['nobody to mine for', without('user_identity'), /user_identity/],
    ['an extranonce2 of one byte', `downstream_extranonce2_size = 1\n${SMALLEST}`, /downstream_extranonce2_size/],
    ['one of 17', `downstream_extranonce2_size = 17\n${SMALLEST}`, /from 2 to 16/],
    ['a key nobody knows', `downstream_adress = "a"\n${SMALLEST}`, /downstream_address/],
    ['a mask that is none', `version_rolling_mask = "xyz"\n${SMALLEST}`, /version_rolling_mask/],
    ['both ways of no trust', `insecure = true\nunverified = true\n${SMALLEST}`, /exclude each other/],
    ['half of a TLS key', `downstream_tls_key = "key.pem"\n${SMALLEST}`, /belong together/],
    [
      'a TLS key that is not there',
      `downstream_tls_key = "no.pem"\ndownstream_tls_certificate = "no.pem"\n${SMALLEST}`,
      /no\.pem cannot be read/,
    ],
    ['a payout to verify that nobody promised', `verify_payout = true\n${SMALLEST}`, /alice.*no address/],
  ])('refuses %s', (_, toml, message) => {
    expect(() => options(toml)).toThrow(message);
  });

  it('verifies the payout of whoever has an address', () => {
    const solo = `verify_payout = true\n${SMALLEST.replace('alice', `sri/solo/${ADDRESS}/rig`)}`;
    expect(options(solo)).toMatchObject({ verifyPayout: true });
  });
});
