import { RemoteError } from '@stratumkit/codec';
import { type Sv1Error, sv1Error } from './failure.ts';
import { decodeMessage, parse, type Sv1Message, textOf } from './message.ts';
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COMMA,
  elementTexts,
  MAX_DEPTH,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  SPACE,
  scan,
} from './scan.ts';

/** Most messages that one line may hold. */
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

/**
 * How many messages a line holds by its look, up to {@link MAX_BATCH_MESSAGES}: the elements of an array, otherwise one. The line need
 * not be JSON; only where it is does the number hold.
 */
export function countMessages(line: Uint8Array): number {
  let at = 0;
  while (at < line.length && line[at]! <= SPACE) at++;
  if (line[at] !== OPEN_BRACKET) return 1;
  let count = 1;
  let level = 0;
  for (; at < line.length && count < MAX_BATCH_MESSAGES; at++) {
    const byte = line[at];
    if (byte === QUOTE) at = endOfString(line, at);
    else if (byte === OPEN_BRACKET || byte === OPEN_BRACE) level++;
    else if (byte === CLOSE_BRACKET || byte === CLOSE_BRACE) level--;
    else if (byte === COMMA && level === 1) count++;
  }
  return count;
}

/** Where the string that starts here has its closing quote, or the line its end. */
function endOfString(line: Uint8Array, start: number): number {
  let at = start + 1;
  while (at < line.length && line[at] !== QUOTE) at += line[at] === BACKSLASH ? 2 : 1;
  return at;
}

function readMessage(text: string): ReadMessage {
  try {
    return decodeMessage(text);
  } catch (error) {
    if (error instanceof RemoteError) return error as Sv1Error;
    throw error;
  }
}
