import { describe, expect, it } from 'vitest';
import {
  authorityPublicKey,
  authoritySecretKey,
  boolean,
  choice,
  custom,
  hex,
  integer,
  list,
  loadConfig,
  number,
  section,
  sectionList,
  socketAddress,
  stratumUrl,
  string,
} from '../src/index.ts';
import { writeConfig } from './support.ts';

const SECRET = 'mkDLTBBRxdBv998612qipDYoTK3YUrqLe8uWw7gu3iXbSrn2n';
const PUBLIC = '9auqWEzQDVyd2oe1JVGFLMLHZtCo2FFqZwtKA5gd9xbuEu7PH72';

const fields = {
  listen_address: socketAddress({ doc: 'where miners connect', default: '127.0.0.1:3333' }),
  authority_public_key: authorityPublicKey({ doc: 'public key', default: PUBLIC }),
  authority_secret_key: authoritySecretKey({ doc: 'secret key', optional: true }),
  cert_validity_sec: integer({ doc: 'validity', minimum: 60, maximum: 86_400, default: 3_600 }),
  shares_per_minute: number({ doc: 'wanted rate', minimum: 0.1, default: 6.0 }),
  aggregate: boolean({ doc: 'one channel', default: false }),
  network: choice(['mainnet', 'regtest'], { doc: 'network', default: 'regtest' }),
  supported_extensions: list(integer({ doc: 'id', minimum: 0, maximum: 65_535 }), { doc: 'ids', default: [] }),
  tag: hex({ doc: 'tag', optional: true, length: 2 }),
  upstream: stratumUrl({ doc: 'upstream', optional: true }),
  even: custom({ doc: 'even', default: '2' }, (text) => {
    if (Number(text) % 2 !== 0) throw new Error('odd');
    return Number(text);
  }),
  template_provider_type: section(
    {
      Sv2Tp: section({
        address: socketAddress({ doc: 'provider' }),
        public_key: string({ doc: 'key', optional: true }),
      }),
    },
    { optional: true },
  ),
  upstreams: sectionList(
    { address: string({ doc: 'host' }), port: integer({ doc: 'port', default: 34_254 }) },
    { doc: '' },
  ),
};

function load(text: string, environment: Record<string, string> = {}, flags: Record<string, string | boolean> = {}) {
  return loadConfig(fields, { file: writeConfig(text), environmentPrefix: 'POOL', environment, flags });
}

function problemsOf(text: string, environment: Record<string, string> = {}, flags = {}): string[] {
  try {
    load(text, environment, flags);
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConfigError' });
    return (error as Error).message.split('\n');
  }
  return [];
}

describe('loadConfig', () => {
  it('gives defaults', () => {
    expect(loadConfig(fields, { environmentPrefix: 'POOL', environment: {} })).toEqual({
      listenAddress: { host: '127.0.0.1', port: 3_333 },
      authorityPublicKey: expect.any(Uint8Array),
      authoritySecretKey: undefined,
      certValiditySec: 3_600,
      sharesPerMinute: 6,
      aggregate: false,
      network: 'regtest',
      supportedExtensions: [],
      tag: undefined,
      upstream: undefined,
      even: 2,
      templateProviderType: undefined,
      upstreams: [],
    });
  });

  it('reads a file', () => {
    const options = load(`
      listen_address = "[::1]:0"
      authority_secret_key = "${SECRET}"
      shares_per_minute = 6
      aggregate = true
      supported_extensions = [1, 2]
      tag = "00ff"
      upstream = "stratum2+tcp://pool.example:3333/${PUBLIC}"
      [template_provider_type.Sv2Tp]
      address = "127.0.0.1:8442"
      [[upstreams]]
      address = "one"
      [[upstreams]]
      address = "two"
      port = 1
    `);
    expect(options).toMatchObject({
      listenAddress: { host: '::1', port: 0 },
      sharesPerMinute: 6,
      aggregate: true,
      supportedExtensions: [1, 2],
      tag: Uint8Array.of(0, 255),
      upstream: { host: 'pool.example', port: 3_333 },
      templateProviderType: { Sv2Tp: { address: { host: '127.0.0.1', port: 8_442 }, publicKey: undefined } },
      upstreams: [
        { address: 'one', port: 34_254 },
        { address: 'two', port: 1 },
      ],
    });
    expect(options.authoritySecretKey).toHaveLength(32);
  });

  it('lays environment over file and flags over both', () => {
    const text = 'cert_validity_sec = 100\nshares_per_minute = 1\nnetwork = "mainnet"';
    const environment = {
      POOL__SHARES_PER_MINUTE: '2.5',
      POOL__NETWORK: 'regtest',
      POOL__AGGREGATE: 'true',
      POOL__SUPPORTED_EXTENSIONS: '1, 2',
      POOL__TEMPLATE_PROVIDER_TYPE__SV2TP__ADDRESS: 'tp:1',
      POOL__UPSTREAMS__0__ADDRESS: 'a',
      POOL_OTHER: 'not ours',
    };
    expect(load(text, environment, { network: 'mainnet', 'supported-extensions': '3' })).toMatchObject({
      certValiditySec: 100,
      sharesPerMinute: 2.5,
      network: 'mainnet',
      aggregate: true,
      supportedExtensions: [3],
      templateProviderType: { Sv2Tp: { address: { host: 'tp', port: 1 } } },
      upstreams: [{ address: 'a', port: 34_254 }],
    });
  });

  it('lists every problem, with line, key, value and range', () => {
    const problems = problemsOf(
      `
listen_adress = "x:1"
cert_validity_sec = 5
network = "mainnett"
tag = "0"
aggregate = "yes"
supported_extensions = [1, 70000]
even = "3"

[template_provider_type.Sv2Tp]
adress = "x:1"

[[upstreams]]
port = "x"
`,
      { POOL__SHARES_PER_MINUTE: 'many', POOL__NETWORC: 'x' },
      { 'listen-address': 'nowhere' },
    );
    expect(problems).toEqual([
      'POOL__NETWORC: names no key; did you mean POOL__NETWORK?',
      'app.toml:2: unknown key listen_adress; did you mean listen_address?',
      '--listen-address: listen_address "nowhere" is not host:port with a port from 0 to 65535',
      'app.toml:3: cert_validity_sec 5 is not a whole number from 60 to 86400',
      'POOL__SHARES_PER_MINUTE: shares_per_minute "many" is not a number of at least 0.1',
      'app.toml:6: aggregate "yes" is not true or false',
      'app.toml:4: network "mainnett" is not one of mainnet, regtest',
      'app.toml:7: supported_extensions [1,70000] has 70000 at place 2, which is not a whole number from 0 to 65535',
      'app.toml:5: tag "0" is not an even number of hex digits',
      'app.toml:8: even "3" is wrong: odd',
      'app.toml:11: unknown key template_provider_type.Sv2Tp.adress; did you mean template_provider_type.Sv2Tp.address?',
      'app.toml:10: template_provider_type.Sv2Tp.address is missing (or POOL__TEMPLATE_PROVIDER_TYPE__SV2TP__ADDRESS, or --template-provider-type-sv2tp-address); provider',
      'app.toml:13: upstreams.0.address is missing (or POOL__UPSTREAMS__0__ADDRESS); host',
      'app.toml:14: upstreams.0.port "x" is not a whole number',
    ]);
  });

  it('never shows a secret, nor the text around a syntax error', () => {
    for (const wrong of [`${SECRET}x`, PUBLIC, '1234']) {
      const text = problemsOf(`authority_secret_key = "${wrong}"`).join();
      expect(text).toContain('app.toml:1: authority_secret_key is wrong');
      expect(text).not.toContain(wrong);
    }
    for (const key of ['authority_public_key', 'upstream']) {
      const text = problemsOf(`${key} = "stratum2+tcp://h:1/${SECRET}"`).join();
      expect(text).toContain(`app.toml:1: ${key} is wrong`);
      expect(text).not.toContain(SECRET);
    }
    const [problem, ...more] = problemsOf(`network = "regtest"\nauthority_secret_key = "${SECRET}`);
    expect(problem).toMatch(/^app\.toml:2:\d+: /);
    expect(problem).not.toContain(SECRET.slice(0, 6));
    expect(more).toEqual([]);
  });

  it('tells tables from values', () => {
    expect(problemsOf('network.x = 1\nupstreams = 3\ntemplate_provider_type = "x"')).toEqual([
      'app.toml:1: network {"x":1} is not one of mainnet, regtest',
      'app.toml:3: template_provider_type is not a table',
      'app.toml:2: upstreams is not an array of tables',
    ]);
  });

  it('says which file it cannot read', () => {
    const options = { environmentPrefix: 'POOL', environment: {}, file: '/nowhere/app.toml' };
    expect(() => loadConfig(fields, options)).toThrow('/nowhere/app.toml: there is no such file');
  });

  it('is not fooled by names of the object prototype', () => {
    expect(problemsOf('constructor = 1\n__proto__ = 2')).toEqual([
      'app.toml:1: unknown key constructor',
      'app.toml:2: unknown key __proto__',
    ]);
    expect(problemsOf('', { POOL__CONSTRUCTOR: '1' })).toEqual(['POOL__CONSTRUCTOR: names no key']);
  });
});
