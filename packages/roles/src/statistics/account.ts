/** Whose work it is, and the name of what does it. */
export interface AccountName {
  readonly account: string;
  readonly worker: string | undefined;
}

/**
 * Takes an identity apart as payouts do: `<account>.<worker>`, or the words of `sri/...` in front of the worker. It is a name to
 * count by and decides nothing about money.
 */
export function accountOf(userIdentity: string): AccountName {
  const words = userIdentity.split('/');
  if (words[0] === 'sri' && words.length > 1) {
    const length = wordsOfScheme(words);
    return { account: words.slice(0, length).join('/'), worker: words.slice(length).join('/') || undefined };
  }
  const dot = userIdentity.indexOf('.');
  if (dot === -1) return { account: userIdentity, worker: undefined };
  return { account: userIdentity.slice(0, dot), worker: userIdentity.slice(dot + 1) || undefined };
}

/** `sri/solo/<address>`, `sri/donate/<percent>/<address>`, `sri/donate`. */
function wordsOfScheme(words: readonly string[]): number {
  if (words[1] === 'solo') return 3;
  return words.length >= 4 ? 4 : 2;
}
