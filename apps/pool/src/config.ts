import { equalBytes, NETWORKS, scriptFromDescriptor } from '@stratumkit/bitcoin';
import { DEFAULT_EXTRANONCE_SIZE } from '@stratumkit/channels';
import { ConfigError } from '@stratumkit/codec';
import { encodeAuthorityPublicKey, formatStratumUrl, publicKeyFromSecret } from '@stratumkit/noise';
import { JobFactory } from '@stratumkit/roles';
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
  type SocketAddress,
  section,
  socketAddress,
  stratumUrl,
  string,
} from '@stratumkit/runtime';
import type { PoolOptions, TemplateProviderAddress } from './options.ts';

const extensionType = integer({ doc: 'extension type', minimum: 0, maximum: 0x7fff });

/** The reference implementation's keys, and some of our own. */
export const POOL_FIELDS = {
  listen_address: socketAddress({ doc: 'where miners connect', default: '127.0.0.1:3333', flag: 'listen' }),
  template_provider: stratumUrl({
    doc: 'where templates come from: stratum2+tcp://host:port/KEY',
    placeholder: 'url',
    optional: true,
    replaces: 'template_provider_type',
  }),
  template_provider_type: section(
    {
      Sv2Tp: section(
        {
          address: socketAddress({ doc: 'template provider, in the reference form', optional: true, flag: false }),
          public_key: authorityPublicKey({ doc: 'its authority key', optional: true, flag: false }),
        },
        { optional: true },
      ),
    },
    { optional: true },
  ),
  unverified_template_provider: boolean({
    doc: 'take templates from a provider whose key is not known',
    default: false,
    aliases: ['unverified'],
  }),
  authority_public_key: authorityPublicKey({ doc: 'checked against the secret key', optional: true, flag: false }),
  authority_secret_key: authoritySecretKey({ doc: 'proves the pool to miners; see keygen', optional: true }),
  cert_validity_sec: integer({ doc: 'validity of the certificate', default: 3_600, minimum: 60, maximum: 0xffffffff }),
  network: choice(NETWORKS, { doc: 'of the addresses in descriptors and user identities', default: 'mainnet' }),
  coinbase_reward_script: string({
    doc: 'descriptor that gets the rewards: addr(...), wpkh(...), tr(...), raw(hex) ...',
    placeholder: 'descriptor',
  }),
  pool_signature: string({ doc: 'shown in every coinbase', default: 'stratumkit', maxLength: 100 }),
  shares_per_minute: number({ doc: 'wanted from each channel', default: 6, minimum: 0.01, maximum: 6_000 }),
  share_batch_size: integer({ doc: 'shares per acknowledgement', default: 10, minimum: 1, maximum: 10_000 }),
  server_id: integer({ doc: 'different for each server of a pool', default: 0, minimum: 0, maximum: 255 }),
  min_hashrate: number({ doc: 'smallest hashrate that gets a target of its own', default: 10_000, minimum: 1 }),
  max_hashrate: number({ doc: 'largest hashrate that gets a target of its own', default: 1e21, minimum: 1 }),
  enable_vardiff: boolean({ doc: "targets follow the shares that come, not only the client's claim", default: true }),
  supported_extensions: list(extensionType, { doc: 'extensions granted to clients', default: [2] }),
  required_extensions: list(extensionType, { doc: 'extensions that clients must have', default: [] }),
  max_connections: integer({ doc: 'miners at most', default: 20_000, minimum: 1, maximum: 1_000_000 }),
  max_channels: integer({ doc: 'channels at most', default: 200_000, minimum: 1, maximum: 16_777_216 }),
  max_channels_per_connection: integer({ doc: 'channels of one connection at most', default: 4_000, minimum: 1 }),
  max_template_absence_sec: number({
    doc: 'how long the last work is mined while the template provider is away',
    default: 120,
    minimum: 1,
  }),
  monitoring_address: socketAddress({ doc: 'serve /metrics and the JSON below /api/v1 here', optional: true }),
  monitoring_cache_refresh_secs: integer({ doc: 'accepted, not needed', default: 15, minimum: 1, flag: false }),
  insecure: boolean({ doc: 'no encryption; for tests on one machine', default: false }),
} as const;

export type PoolConfig = InferFields<typeof POOL_FIELDS>;

export function toOptions(config: PoolConfig): PoolOptions {
  const { authoritySecretKey: secretKey, authorityPublicKey: publicKey, insecure } = config;
  if (secretKey === undefined && !insecure)
    throw new ConfigError(
      'authority-key-missing',
      'no authority_secret_key: make one with `keygen --toml` and put it into the configuration file, or into POOL__AUTHORITY_SECRET_KEY',
    );
  if (secretKey !== undefined && publicKey !== undefined && !equalBytes(publicKeyFromSecret(secretKey), publicKey))
    throw new ConfigError('authority-key-mismatch', 'authority_public_key does not belong to authority_secret_key');
  if (config.minHashrate > config.maxHashrate)
    throw new ConfigError(
      'hashrate-range',
      `min_hashrate ${config.minHashrate} is above max_hashrate ${config.maxHashrate}`,
    );
  checkSignature(config.poolSignature);
  const templateProvider = providerOf(config);
  return {
    listen: config.listenAddress,
    templateProvider,
    templateProviderSecurity: providerSecurity(config, templateProvider),
    authoritySecretKey: secretKey,
    certificateValiditySeconds: config.certValiditySec,
    insecure,
    network: config.network,
    coinbaseRewardScript: rewardScript(config),
    poolSignature: config.poolSignature,
    sharesPerMinute: config.sharesPerMinute,
    shareBatchSize: config.shareBatchSize,
    serverId: config.serverId,
    minHashrate: config.minHashrate,
    maxHashrate: config.maxHashrate,
    vardiff: config.enableVardiff,
    supportedExtensions: config.supportedExtensions,
    requiredExtensions: config.requiredExtensions,
    maxConnections: config.maxConnections,
    limits: { maxChannels: config.maxChannels, maxChannelsPerConnection: config.maxChannelsPerConnection },
    templateLimits: { maxAbsenceMs: config.maxTemplateAbsenceSec * 1_000 },
  };
}

function rewardScript({ coinbaseRewardScript: descriptor, network }: PoolConfig): Uint8Array {
  try {
    return scriptFromDescriptor(descriptor, network);
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    throw new ConfigError(cause.code, `coinbase_reward_script "${descriptor}": ${cause.message}`, { cause });
  }
}

/** Throws ConfigError for a signature that leaves no room for the rest of the coinbase script. */
function checkSignature(poolSignature: string): void {
  const bootId = new Uint8Array(8);
  new JobFactory({ poolSignature, bootId, extranonceSize: DEFAULT_EXTRANONCE_SIZE, versionRollingAllowed: true });
}

function providerOf({ templateProvider, templateProviderType }: PoolConfig): TemplateProviderAddress {
  const sv2Tp = templateProviderType?.Sv2Tp;
  if (templateProvider !== undefined) {
    if (sv2Tp !== undefined) checkSame(templateProvider, sv2Tp);
    return templateProvider;
  }
  if (sv2Tp?.address === undefined)
    throw new ConfigError(
      'template-provider-missing',
      'no template provider: set template_provider, or address in [template_provider_type.Sv2Tp]',
    );
  return { ...sv2Tp.address, authorityPublicKey: sv2Tp.publicKey };
}

/** Throws ConfigError when the two ways to name the template provider name different ones. */
function checkSame(
  url: TemplateProviderAddress,
  { address, publicKey }: { readonly address: SocketAddress | undefined; readonly publicKey: Uint8Array | undefined },
): void {
  const isSameAddress =
    address === undefined || (address.host.toLowerCase() === url.host.toLowerCase() && address.port === url.port);
  const isSameKey = publicKey === undefined || equalBytes(publicKey, url.authorityPublicKey ?? new Uint8Array());
  if (isSameAddress && isSameKey) return;
  const table = [
    ...(address === undefined ? [] : [`address ${formatSocketAddress(address)}`]),
    ...(publicKey === undefined ? [] : [`public_key ${encodeAuthorityPublicKey(publicKey)}`]),
  ];
  throw new ConfigError(
    'template-provider-twice',
    `template_provider ${formatStratumUrl(url)} is another one than [template_provider_type.Sv2Tp] ${table.join(', ')}: remove one of the two`,
  );
}

function providerSecurity(
  { insecure, unverifiedTemplateProvider }: PoolConfig,
  { authorityPublicKey }: TemplateProviderAddress,
): 'authenticated' | 'unverified' | 'plain' {
  if (authorityPublicKey !== undefined) return 'authenticated';
  if (unverifiedTemplateProvider) return 'unverified';
  if (insecure) return 'plain';
  throw new ConfigError(
    'template-provider-key-missing',
    'the template provider has no key: append /KEY to its URL, or allow one with unverified_template_provider',
  );
}
