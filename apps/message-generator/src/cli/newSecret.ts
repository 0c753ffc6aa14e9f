import { isSecretKey } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';

/** An authority secret key that nobody had before. */
export function newSecret(): Uint8Array {
  for (;;) {
    const secret = randomBytes(32);
    if (isSecretKey(secret)) return secret;
  }
}
