import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeAuthoritySecretKey } from '@stratumkit/noise';
import { type ConfigSources, loadConfig } from '@stratumkit/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { POOL_FIELDS, toOptions } from '../src/config.ts';

const PUBLIC = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';
const SECRET = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n';

const OTHER_SECRET = encodeAuthoritySecretKey(new Uint8Array(32).fill(7));

/** As the reference implementation's examples have it. */
const REFERENCE = `
authority_public_key = "${PUBLIC}"
authority_secret_key = "${SECRET}"
cert_validity_sec = 3600
listen_address = "0.0.0.0:3333"
coinbase_reward_script = "addr(tb1qw508d6qejxtdg4y5r3zarvary0c5xw7kxpjzsx)"
server_id = 1
pool_signature = "Stratum V2 SRI Pool"
shares_per_minute = 6.0
share_batch_size = 10
supported_extensions = [0x0002]
required_extensions = []
monitoring_address = "127.0.0.1:9090"
monitoring_cache_refresh_secs = 15
network = "testnet4"

[template_provider_type.Sv2Tp]
address = "127.0.0.1:8442"
public_key = "${PUBLIC}"
`;

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'pool-config-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function options(toml: string, environment: ConfigSources['environment'] = {}) {
  const file = join(directory, 'pool.toml');
  writeFileSync(file, toml);
  return toOptions(loadConfig(POOL_FIELDS, { file, environmentPrefix: 'POOL', environment, flags: {} }));
}

describe('the configuration', () => {
  it('takes a file of the reference implementation', () => {
    expect(options(REFERENCE)).toMatchObject({
      listen: { host: '0.0.0.0', port: 3333 },
      templateProvider: { host: '127.0.0.1', port: 8442 },
      templateProviderSecurity: 'authenticated',
      serverId: 1,
      sharesPerMinute: 6,
      supportedExtensions: [2],
      requiredExtensions: [],
    });
  });

  it('lets the environment override the file', () => {
    const environment = {
      POOL__LISTEN_ADDRESS: '127.0.0.1:0',
      POOL__TEMPLATE_PROVIDER: `stratum2+tcp://tp.example:8442/${PUBLIC}`,
      POOL__SUPPORTED_EXTENSIONS: '2,3',
    };
    expect(options(REFERENCE, environment)).toMatchObject({
      listen: { host: '127.0.0.1', port: 0 },
      templateProvider: { host: 'tp.example', port: 8442 },
      supportedExtensions: [2, 3],
    });
  });

  it('takes a provider that is named twice alike', () => {
    const url = `template_provider = "stratum2+tcp://127.0.0.1:8442/${PUBLIC}"`;
    expect(options(`${url}\n${REFERENCE}`)).toMatchObject({ templateProvider: { host: '127.0.0.1', port: 8442 } });
  });

  const without = (key: string) => REFERENCE.replace(new RegExp(`^${key} = .*\n`, 'm'), '');
  const withLine = (key: string, value: string) =>
    REFERENCE.replace(new RegExp(`^${key} = .*$`, 'm'), `${key} = ${value}`);

  it.each([
    ['no secret key', without('authority_secret_key'), /keygen/],
    ['a public key of another secret', withLine('authority_secret_key', `"${OTHER_SECRET}"`), /does not belong/],
    ['no reward script', without('coinbase_reward_script'), /coinbase_reward_script/],
    ['an address of another network', withLine('network', '"mainnet"'), /coinbase_reward_script "addr.*mainnet/],
    [
      'a signature that is too long',
      withLine('pool_signature', `"${'x'.repeat(60)}"`),
      /signature is 4 bytes too long/,
    ],
    ['a provider without a key', without('public_key'), /unverified_template_provider/],
    [
      'a provider that is named twice with other ports',
      `template_provider = "stratum2+tcp://127.0.0.1:8443/${PUBLIC}"\n${REFERENCE}`,
      `template_provider stratum2+tcp://127.0.0.1:8443/${PUBLIC} is another one than [template_provider_type.Sv2Tp] address 127.0.0.1:8442, public_key ${PUBLIC}: remove one of the two`,
    ],
    [
      'a provider that is named twice, once without its key',
      `template_provider = "stratum2+tcp://127.0.0.1:8442"\n${REFERENCE}`,
      'template_provider stratum2+tcp://127.0.0.1:8442 is another one than',
    ],
    ['no provider', without('address'), /no template provider/],
    [
      'hashrates upside down',
      `min_hashrate = 10\nmax_hashrate = 5\n${REFERENCE}`,
      /min_hashrate 10 is above max_hashrate 5/,
    ],
    ['a server id of two bytes', withLine('server_id', '256'), /server_id/],
    ['a key nobody knows', `listen_adress = "a:1"\n${REFERENCE}`, /listen_address/],
  ])('refuses %s', (_, toml, message) => {
    expect(() => options(toml)).toThrow(message);
  });

  it('never repeats the secret key', () => {
    const wrong = `${SECRET.slice(0, -1)}x`;
    try {
      options(withLine('authority_secret_key', `"${wrong}"`));
      expect.unreachable();
    } catch (error) {
      expect(String(error)).not.toContain(wrong);
    }
  });

  it('runs without keys only when told to', () => {
    const insecure = `insecure = true\n${without('authority_secret_key').replace(/^(authority_)?public_key = .*\n/gm, '')}`;
    expect(options(insecure)).toMatchObject({ insecure: true, templateProviderSecurity: 'plain' });
  });
});
