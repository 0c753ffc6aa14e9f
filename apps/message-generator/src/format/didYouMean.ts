import { suggestionFor } from '@stratumkit/runtime';

/** Completes a message about an unknown word with the known one that it is near to, if there is one. */
export function didYouMean(word: string, known: readonly string[]): string {
  const suggestion = suggestionFor(word, known);
  return suggestion === undefined ? '' : `; did you mean ${suggestion}?`;
}
