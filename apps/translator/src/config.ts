import { readFileSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import {
  authorityPublicKey,
  boolean,
  choice,
  formatSocketAddress,
  type InferFields,
  integer,
  list,
  number,
  section,
  sectionList,
  socketAddress,
  stratumUrl,
  string,
} from '@stratumkit/runtime';
import { payoutPromise } from '@stratumkit/translation';
import type { TranslatorOptions, TranslatorUpstream } from './options.ts';

const extensionType = integer({ doc: 'extension type', minimum: 0, maximum: 0x7fff });
const hidden = { flag: false } as const;

/** The reference implementation's keys, and some of our own. */
export const TRANSLATOR_FIELDS = {
  listen_address: socketAddress({
    doc: 'where SV1 miners connect; instead of downstream_address and downstream_port',
    optional: true,
    flag: 'listen',
  }),
  downstream_address: string({ doc: 'address on which SV1 miners connect', default: '127.0.0.1', placeholder: 'host' }),
  downstream_port: integer({ doc: 'its port; 0 for a free one', default: 34_255, minimum: 0, maximum: 65_535 }),
  downstream_extranonce2_size: integer({
    doc: 'bytes that a miner rolls; cgminer knows up to 8, Braiins wants 7',
    default: 4,
    minimum: 2,
    maximum: 16,
  }),
  downstream_tls_key: string({ doc: 'PEM file with the key of a TLS listener', optional: true, placeholder: 'file' }),
  downstream_tls_certificate: string({
    doc: 'PEM file with its certificate',
    optional: true,
    placeholder: 'file',
  }),
  upstream: list(stratumUrl({ doc: 'upstream' }), {
    doc: 'SV2 servers to work for, in order of preference: stratum2+tcp://host:port/KEY',
    placeholder: 'url,...',
    default: [],
  }),
  upstreams: sectionList(
    {
      address: string({ doc: 'host name or address' }),
      port: integer({ doc: 'port', minimum: 1, maximum: 65_535 }),
      authority_pubkey: authorityPublicKey({ doc: 'its authority key', optional: true }),
      user_identity: string({ doc: 'identity there, instead of the one for all', optional: true, maxLength: 200 }),
      tlv_byte_order: choice(['big', 'little'], { doc: "of a worker's name; little for SRI", default: 'big' }),
    },
    { doc: 'SV2 servers to work for, in order of preference' },
  ),
  user_identity: string({
    doc: 'identity of the upstream channels; the name of a worker is put behind it unless it says whom to pay',
    default: '',
    maxLength: 200,
  }),
  aggregate_channels: boolean({ doc: 'one upstream channel for all miners instead of one for each', default: false }),
  verify_payout: boolean({
    doc: 'leave an upstream whose coinbase does not pay the address in the identity',
    default: false,
  }),
  downstream_difficulty_config: section({
    min_individual_miner_hashrate: number({
      doc: 'hashes a second that a new miner is taken to have',
      default: 10_000_000_000_000,
      minimum: 0.001,
      maximum: 1e21,
    }),
    shares_per_minute: number({
      doc: 'wanted from each miner',
      default: 6,
      minimum: 0.01,
      maximum: 6_000,
      aliases: ['shares-per-minute'],
    }),
    enable_vardiff: boolean({
      doc: "find each miner's difficulty; else the upstream's is told",
      default: true,
      aliases: ['enable-vardiff'],
    }),
    job_keepalive_interval_secs: integer({
      doc: 'tell the job again after so long without another; 0 for never',
      default: 60,
      minimum: 0,
      maximum: 86_400,
    }),
    min_difficulty: number({ doc: 'no miner is told less', optional: true, minimum: 1e-9, maximum: 1e15 }),
  }),
  version_rolling_mask: string({
    doc: 'version bits that miners may be granted where the upstream allows any, in hex',
    default: '1fffe000',
    pattern: /^[0-9a-fA-F]{8}$/,
    placeholder: 'hex',
  }),
  max_coinbase_bytes: integer({
    doc: 'warn of coinbases above this: stock Antminers drop jobs from about 750 on, the S21 from 2250, NiceHash from 500',
    optional: true,
    minimum: 100,
    maximum: 100_000,
  }),
  supported_extensions: list(extensionType, { doc: 'extensions asked for', default: [2] }),
  required_extensions: list(extensionType, { doc: 'extensions without which an upstream is left', default: [] }),
  max_connections: integer({ doc: 'miners at most', default: 20_000, minimum: 1, maximum: 65_000 }),
  max_connections_per_address: integer({ doc: 'miners of one address at most', default: 4_096, minimum: 1 }),
  upstream_timeout_secs: number({
    doc: 'miners are disconnected when no upstream served work for so long',
    default: 30,
    minimum: 1,
    maximum: 86_400,
    aliases: ['max-work-absence-sec'],
  }),
  return_after_secs: number({
    doc: 'a better upstream is returned to when it has served work for so long',
    default: 60,
    minimum: 1,
    maximum: 86_400,
    aliases: ['return-after-sec'],
  }),
  monitoring_address: socketAddress({ doc: 'serve /metrics and /api/v1 here', optional: true }),
  monitoring_cache_refresh_secs: integer({ doc: 'accepted, not needed', default: 15, minimum: 1, ...hidden }),
  max_supported_version: integer({ doc: 'accepted: always 2', default: 2, minimum: 2, ...hidden }),
  min_supported_version: integer({ doc: 'accepted: always 2', default: 2, minimum: 0, maximum: 2, ...hidden }),
  miner_telemetry: section(
    { cidrs: list(string({ doc: 'network' }), { doc: 'accepted, not used', default: [], ...hidden }) },
    { optional: true },
  ),
  unverified: boolean({ doc: 'encrypt, but trust any server; its key is not checked', default: false }),
  insecure: boolean({ doc: 'do not encrypt; for servers on this machine', default: false }),
} as const;

export type TranslatorConfig = InferFields<typeof TRANSLATOR_FIELDS>;

export function toOptions(config: TranslatorConfig): TranslatorOptions {
  const { unverified, insecure, downstreamDifficultyConfig: difficulty } = config;
  if (unverified && insecure) throw new ConfigError('invalid-config', 'unverified and insecure exclude each other');
  const security = insecure ? 'plain' : unverified ? 'unverified' : 'authenticated';
  const upstreams = upstreamsOf(config, security);
  return {
    listen: config.listenAddress ?? { host: config.downstreamAddress, port: config.downstreamPort },
    tls: readTls(config),
    upstreams,
    security,
    aggregateChannels: config.aggregateChannels,
    extranonce2Size: config.downstreamExtranonce2Size,
    difficulty: {
      sharesPerMinute: difficulty.sharesPerMinute,
      minerHashrate: difficulty.minIndividualMinerHashrate,
      vardiff: difficulty.enableVardiff,
      ...(difficulty.minDifficulty === undefined ? {} : { minDifficulty: difficulty.minDifficulty }),
    },
    keepaliveSeconds: difficulty.jobKeepaliveIntervalSecs,
    verifyPayout: config.verifyPayout,
    versionMask: Number.parseInt(config.versionRollingMask, 16),
    maxCoinbaseBytes: config.maxCoinbaseBytes,
    supportedExtensions: config.supportedExtensions,
    requiredExtensions: config.requiredExtensions,
    maxConnections: config.maxConnections,
    maxConnectionsPerAddress: config.maxConnectionsPerAddress,
    limits: { noWorkMs: config.upstreamTimeoutSecs * 1_000 },
    timeouts: { returnAfterMs: config.returnAfterSecs * 1_000 },
  };
}

/** Those of the flag first. */
function upstreamsOf(
  config: TranslatorConfig,
  security: NonNullable<TranslatorOptions['security']>,
): readonly TranslatorUpstream[] {
  const given = [
    ...config.upstream.map((url) => ({ ...url, userIdentity: undefined, tlvByteOrder: 'big' as const })),
    ...config.upstreams.map(({ address: host, port, authorityPubkey: authorityPublicKey, ...upstream }) => ({
      ...upstream,
      host,
      port,
      authorityPublicKey,
    })),
  ];
  if (given.length === 0)
    throw new ConfigError('upstream-missing', 'no upstream: give [[upstreams]] with address and port, or --upstream');
  return given.map(({ host, port, authorityPublicKey, userIdentity = config.userIdentity, tlvByteOrder }) => {
    const name = formatSocketAddress({ host, port });
    if (authorityPublicKey === undefined && security === 'authenticated')
      throw new ConfigError(
        'authority-key-missing',
        `the upstream ${name} has no key: set its authority_pubkey, append /KEY to its URL, or allow any with unverified`,
      );
    if (userIdentity === '')
      throw new ConfigError(
        'user-identity-missing',
        `no user_identity for the upstream ${name}: give --user-identity, or set user_identity for all or in its [[upstreams]]`,
      );
    if (config.verifyPayout && payoutPromise(userIdentity) === undefined)
      throw new ConfigError(
        'no-payout-promised',
        `verify_payout: the user_identity "${userIdentity}" for ${name} has no address to pay; use sri/solo/<address>/<worker>, sri/donate/<percent>/<address>/<worker> or <address>.<worker>`,
      );
    return { host, port, authorityPublicKey, userIdentity, tlvByteOrder };
  });
}

function readTls({
  downstreamTlsKey: key,
  downstreamTlsCertificate: cert,
}: TranslatorConfig): TranslatorOptions['tls'] {
  if (key === undefined && cert === undefined) return undefined;
  if (key === undefined || cert === undefined)
    throw new ConfigError('tls-key', 'downstream_tls_key and downstream_tls_certificate belong together');
  return { key: readPem(key), cert: readPem(cert) };
}

function readPem(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new ConfigError('tls-key', `${file} cannot be read`, { cause });
  }
}
