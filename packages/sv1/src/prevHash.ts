import { UsageError } from '@stratumkit/codec';

const HASH_SIZE = 32;
const WORD_SIZE = 4;

/**
 * The previous hash in the order of `mining.notify`, from wire order or back: each word of four bytes is reversed, the words stay
 * where they are. Throws UsageError `hash` unless it has 32 bytes.
 */
export function swapWords(hash: Uint8Array): Uint8Array {
  if (hash.length !== HASH_SIZE) throw new UsageError('hash', `a hash has ${HASH_SIZE} bytes, not ${hash.length}`);
  const swapped = new Uint8Array(HASH_SIZE);
  for (let word = 0; word < HASH_SIZE; word += WORD_SIZE) {
    for (let byte = 0; byte < WORD_SIZE; byte++) swapped[word + byte] = hash[word + WORD_SIZE - 1 - byte]!;
  }
  return swapped;
}
