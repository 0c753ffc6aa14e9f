import type { AuthorityKeys } from './createKeys.ts';

/** For people, for programs, or lines to paste into a configuration. */
export type KeyFormat = 'text' | 'json' | 'toml';

/** Without the secret when it is not to be shown again: it was given, not made. */
export function formatKeys({ publicKey, secretKey }: AuthorityKeys, format: KeyFormat, withSecret: boolean): string {
  switch (format) {
    case 'text':
      return `public key:  ${publicKey}\n${withSecret ? `secret key:  ${secretKey}\n` : ''}`;
    case 'json': {
      const secret = withSecret ? { authority_secret_key: secretKey } : {};
      return `${JSON.stringify({ authority_public_key: publicKey, ...secret })}\n`;
    }
    case 'toml': {
      const secret = withSecret ? `authority_secret_key = "${secretKey}"\n` : '';
      return `authority_public_key = "${publicKey}"\n${secret}`;
    }
  }
}
