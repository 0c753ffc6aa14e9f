import { RemoteError } from '@stratumkit/codec';
import { type Sv1Error, sv1Error } from './failure.ts';
import { decodeMessage, parse, type Sv1Message, textOf } from './message.ts';
import { elementTexts, MAX_DEPTH, scan } from './scan.ts';

/** Most messages that one line may hold; who is limited to so many lines a second is so to 16 times as many messages. */
export const MAX_BATCH_MESSAGES = 16;

/** A message, or why it cannot be read. */
export type ReadMessage = Sv1Message | Sv1Error;

/**
 * The messages of a line in their order: one, or those of an array, which JSON-RPC calls a batch. Throws `Sv1Error` if the line as a whole
 * is no JSON, or an array of no message or of more than {@link MAX_BATCH_MESSAGES}. The array counts for the depth.
 */
export function decodeMessages(line: Uint8Array): readonly ReadMessage[] {
  const text = textOf(line);
  if (!text.trimStart().startsWith('[')) return [decodeMessage(text)];
  if (scan(text).depth > MAX_DEPTH) throw sv1Error('too-deep', `nested deeper than ${MAX_DEPTH}`);
  parse(text);
  const texts = elementTexts(text);
  if (texts.length === 0 || texts.length > MAX_BATCH_MESSAGES) {
    throw sv1Error('batch', `a batch of ${texts.length} messages: 1 to ${MAX_BATCH_MESSAGES} are allowed`);
  }
  return texts.map(readMessage);
}

function readMessage(text: string): ReadMessage {
  try {
    return decodeMessage(text);
  } catch (error) {
    if (error instanceof RemoteError) return error as Sv1Error;
    throw error;
  }
}
