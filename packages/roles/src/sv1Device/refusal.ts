import { RPC_ERROR_CODES } from '@stratumkit/sv1';

const WORDS: readonly (readonly [keyof typeof RPC_ERROR_CODES, string])[] = [
  ['staleOrUnknownJob', 'stale-share'],
  ['duplicateShare', 'duplicate-share'],
  ['lowDifficulty', 'difficulty-too-low'],
  ['unauthorized', 'unauthorized'],
  ['notSubscribed', 'not-subscribed'],
];

/** The SV2 word for the code of a refused share. */
export function wordOf(code: number): string {
  return WORDS.find(([name]) => RPC_ERROR_CODES[name] === code)?.[1] ?? 'invalid-share';
}
