import { ConfigError } from '@stratumkit/codec';
import { type ConnectionSecurity, serverSecurity } from '@stratumkit/connection';
import { decodeAuthoritySecretKey, encodeAuthoritySecretKey, isSecretKey } from '@stratumkit/noise';
import type { DataDirectory } from './dataDirectory.ts';
import type { TemplateProviderModules } from './modules.ts';
import type { TemplateProviderOptions } from './options.ts';

export function createSecurity(
  options: TemplateProviderOptions,
  { random, crypto }: TemplateProviderModules,
  data: DataDirectory | undefined,
): { security: ConnectionSecurity; authorityPublicKey: string | undefined } {
  if (options.insecure) return { security: { type: 'plain' }, authorityPublicKey: undefined };
  const { authoritySecretKey = findSecretKey(options, random, data), certificateValiditySeconds } = options;
  return serverSecurity(authoritySecretKey, { random, crypto }, certificateValiditySeconds);
}

/** Clients could not find a server again whose key is another one after each start. */
function findSecretKey(
  { source }: TemplateProviderOptions,
  random: TemplateProviderModules['random'],
  data: DataDirectory | undefined,
): Uint8Array {
  if (data !== undefined)
    return data.authorityKey(decodeAuthoritySecretKey, () => encodeAuthoritySecretKey(createSecretKey(random)));
  if (source.type === 'node' && source.network === 'mainnet')
    throw new ConfigError('authority-key', 'mainnet needs an authority_secret_key, or a data_dir to keep a new one in');
  return createSecretKey(random);
}

function createSecretKey(random: TemplateProviderModules['random']): Uint8Array {
  for (;;) {
    const key = random(32);
    if (isSecretKey(key)) return key;
  }
}
