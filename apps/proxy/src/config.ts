import { ConfigError } from '@stratumkit/codec';
import { publicKeyFromSecret } from '@stratumkit/noise';
import {
  authorityPublicKey,
  authoritySecretKey,
  boolean,
  choice,
  formatSocketAddress,
  type InferFields,
  integer,
  list,
  number,
  sectionList,
  socketAddress,
  stratumUrl,
  string,
} from '@stratumkit/runtime';
import type { ProxyOptions, ProxyUpstream } from './options.ts';

const extensionType = integer({ doc: 'extension type', minimum: 0, maximum: 0x7fff });

/** The keys of the reference implementation's translator where they fit, its pool's for what faces miners, and some of our own. */
export const PROXY_FIELDS = {
  listen_address: socketAddress({
    doc: 'where miners and other proxies connect',
    default: '127.0.0.1:34255',
    flag: 'listen',
  }),
  upstream: list(stratumUrl({ doc: 'upstream' }), {
    doc: 'pools or proxies to work for, in order of preference: stratum2+tcp://host:port/KEY',
    placeholder: 'url,...',
    default: [],
  }),
  upstreams: sectionList(
    {
      address: string({ doc: 'host of a pool or proxy, in order of preference', maxLength: 255 }),
      port: integer({ doc: 'its port', minimum: 1, maximum: 65_535 }),
      authority_pubkey: authorityPublicKey({ doc: 'its authority key', optional: true }),
      user_identity: string({ doc: 'who mines there; user_identity by default', optional: true, maxLength: 255 }),
      tlv_byte_order: choice(['big', 'little'], {
        doc: "of a worker's name there; tlv_byte_order by default",
        optional: true,
      }),
    },
    { doc: 'pools or proxies to work for' },
  ),
  user_identity: string({ doc: 'who mines at the upstreams', optional: true, maxLength: 255 }),
  authority_public_key: authorityPublicKey({ doc: 'checked against the secret key', optional: true, flag: false }),
  authority_secret_key: authoritySecretKey({ doc: 'proves the proxy to miners; see keygen', optional: true }),
  cert_validity_sec: integer({ doc: 'validity of the certificate', default: 3_600, minimum: 60, maximum: 0xffffffff }),
  aggregate_channels: boolean({
    doc: 'all miners mine in one upstream channel; if not, each has its own, with the targets of the upstream',
    default: true,
  }),
  shares_per_minute: number({
    doc: 'wanted from each channel when aggregating',
    default: 6,
    minimum: 0.01,
    maximum: 6_000,
  }),
  enable_vardiff: boolean({ doc: "targets follow the shares that come, not only the miner's claim", default: true }),
  share_batch_size: integer({ doc: 'shares per acknowledgement', default: 10, minimum: 1, maximum: 10_000 }),
  min_hashrate: number({ doc: 'smallest hashrate that gets a target of its own', default: 10_000, minimum: 1 }),
  max_hashrate: number({ doc: 'largest hashrate that gets a target of its own', default: 1e21, minimum: 1 }),
  worker_tracking: boolean({
    doc: 'tell upstreams that support extension 0x0002 which miner found a share, when aggregating',
    default: true,
  }),
  tlv_byte_order: choice(['big', 'little'], {
    doc: 'byte order of that field; little for SRI upstreams',
    default: 'big',
  }),
  supported_extensions: list(extensionType, { doc: 'extensions granted to miners', default: [2] }),
  required_extensions: list(extensionType, { doc: 'extensions that miners must have', default: [] }),
  max_work_absence_sec: number({
    doc: 'miners are disconnected when no upstream served work for so long, so that they go elsewhere',
    default: 30,
    minimum: 1,
  }),
  return_after_sec: number({
    doc: 'a better upstream is returned to when it has served work for so long',
    default: 60,
    minimum: 1,
  }),
  max_connections: integer({ doc: 'miners at most', default: 20_000, minimum: 1, maximum: 1_000_000 }),
  max_channels: integer({ doc: 'channels at most', default: 65_536, minimum: 1, maximum: 65_536 }),
  max_channels_per_connection: integer({ doc: 'channels of one connection at most', default: 4_000, minimum: 1 }),
  monitoring_address: socketAddress({ doc: 'serve /metrics and the JSON below /api/v1 here', optional: true }),
  monitoring_cache_refresh_secs: integer({ doc: 'accepted, not needed', default: 15, minimum: 1, flag: false }),
  unverified_upstreams: boolean({
    doc: 'encrypt, but trust any upstream; their keys are not checked',
    default: false,
    aliases: ['unverified'],
  }),
  insecure: boolean({
    doc: 'no encryption, to miners and to upstreams without a key; for tests on one machine',
    default: false,
  }),
} as const;

export type ProxyConfig = InferFields<typeof PROXY_FIELDS>;

export function toOptions(config: ProxyConfig): ProxyOptions {
  const { authoritySecretKey: secretKey, authorityPublicKey: publicKey, insecure } = config;
  if (secretKey === undefined && !insecure)
    throw new ConfigError(
      'authority-key-missing',
      'no authority_secret_key: make one with `keygen --toml` and put it into the configuration file, or into PROXY__AUTHORITY_SECRET_KEY',
    );
  if (secretKey !== undefined && publicKey !== undefined && !equalBytes(publicKeyFromSecret(secretKey), publicKey))
    throw new ConfigError('authority-key-mismatch', 'authority_public_key does not belong to authority_secret_key');
  if (config.minHashrate > config.maxHashrate)
    throw new ConfigError(
      'hashrate-range',
      `min_hashrate ${config.minHashrate} is above max_hashrate ${config.maxHashrate}`,
    );
  const upstreams = upstreamsOf(config);
  return {
    listen: config.listenAddress,
    upstreams,
    upstreamSecurity: upstreamSecurity(config, upstreams),
    authoritySecretKey: secretKey,
    certificateValiditySeconds: config.certValiditySec,
    insecure,
    mode: config.aggregateChannels ? 'aggregating' : 'transparent',
    workerTracking: config.workerTracking,
    sharesPerMinute: config.sharesPerMinute,
    vardiff: config.enableVardiff,
    shareBatchSize: config.shareBatchSize,
    minHashrate: config.minHashrate,
    maxHashrate: config.maxHashrate,
    supportedExtensions: config.supportedExtensions,
    requiredExtensions: config.requiredExtensions,
    maxConnections: config.maxConnections,
    limits: { noWorkMs: config.maxWorkAbsenceSec * 1_000 },
    serverLimits: { maxChannels: config.maxChannels, maxChannelsPerConnection: config.maxChannelsPerConnection },
    timeouts: { returnAfterMs: config.returnAfterSec * 1_000 },
  };
}

/** Those of the flag first. */
function upstreamsOf(config: ProxyConfig): readonly ProxyUpstream[] {
  const given = [
    ...config.upstream.map((url) => ({ ...url, userIdentity: undefined, tlvByteOrder: undefined })),
    ...config.upstreams.map(({ address, authorityPubkey, ...rest }) => ({
      ...rest,
      host: address,
      authorityPublicKey: authorityPubkey,
    })),
  ];
  if (given.length === 0)
    throw new ConfigError('upstream-missing', 'no upstream: give [[upstreams]] with address and port, or --upstream');
  return given.map((upstream) => {
    const { host, port, userIdentity = config.userIdentity, tlvByteOrder = config.tlvByteOrder } = upstream;
    if (userIdentity === undefined)
      throw new ConfigError(
        'user-identity-missing',
        `no user_identity for the upstream ${formatSocketAddress({ host, port })}: give --user-identity, or set user_identity for all or in its [[upstreams]]`,
      );
    return { host, port, authorityPublicKey: upstream.authorityPublicKey, userIdentity, tlvByteOrder };
  });
}

function upstreamSecurity(
  { insecure, unverifiedUpstreams }: ProxyConfig,
  upstreams: readonly ProxyUpstream[],
): 'authenticated' | 'unverified' | 'plain' {
  const bare = upstreams.find(({ authorityPublicKey: key }) => key === undefined);
  if (unverifiedUpstreams) return 'unverified';
  if (bare === undefined) return 'authenticated';
  if (insecure && upstreams.every(({ authorityPublicKey: key }) => key === undefined)) return 'plain';
  throw new ConfigError(
    'upstream-key-missing',
    `the upstream ${formatSocketAddress(bare)} has no key: set its authority_pubkey, append /KEY to its URL, or allow any with unverified_upstreams`,
  );
}

function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, index) => byte === right[index]);
}
