import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createKeys } from '@stratumkit/keygen';
import { decodeAuthoritySecretKey } from '@stratumkit/noise';
import { makeFolder, randomBytes } from '@stratumkit/runtime';

/** A role's authority secret key: kept in `<dataDir>/<role>/authority.key`, new at every start without a directory. */
export function secretKeyOf(role: 'pool' | 'proxy' | 'interceptor', dataDir: string | undefined): Uint8Array {
  if (dataDir === undefined) return decodeAuthoritySecretKey(createKeys(randomBytes).secretKey);
  const directory = join(dataDir, role);
  const file = join(directory, 'authority.key');
  if (!existsSync(file)) {
    makeFolder(directory);
    writeFileSync(file, `${createKeys(randomBytes).secretKey}\n`, { mode: 0o600, flag: 'wx' });
  }
  return decodeAuthoritySecretKey(readFileSync(file, 'utf8').trim());
}
