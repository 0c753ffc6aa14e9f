import { readFileSync } from 'node:fs';
import { ConfigError } from '@stratumkit/codec';
import { decodeAuthoritySecretKey, isSecretKey } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';

/** What `keygen` prints, as text, TOML or JSON. */
const NAMED_KEY = /secret[ _]key"?\s*[:=]\s*"?(\w+)/;

/** The authority secret key that a file holds, alone or as `keygen` prints it, or a new one. Throws ConfigError. */
export function authoritySecretKey(file: string | undefined): Uint8Array {
  if (file === undefined) return newSecret();
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError('unreadable-key', `${file} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
  return decodeAuthoritySecretKey(NAMED_KEY.exec(text)?.[1] ?? text.trim());
}

function newSecret(): Uint8Array {
  for (;;) {
    const secret = randomBytes(32);
    if (isSecretKey(secret)) return secret;
  }
}
