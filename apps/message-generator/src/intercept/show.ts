import { displayText, formatJson, type JsonObject } from '@stratumkit/codec';
import { show, showBytes } from '../run/show.ts';
import { frameTitle, hexByte } from '../wire/decode.ts';
import type { InterceptedMessage } from './createInterceptor.ts';

/** `0.123 #1 up   SubmitSharesExtended (0x1b) {...}`, with what a rule did in front of the title. */
export function formatIntercepted({ connection, to, message, effect }: InterceptedMessage, seconds: number): string {
  const arrow = to === 'upstream' ? 'up  ' : 'down';
  const did = effect === undefined ? '' : `[${effect.kind}] `;
  const text = 'frame' in message ? `${frameTitle(message)} ${detailOf(message)}` : displayText(message.text);
  return `${seconds.toFixed(3).padStart(9)}  #${connection} ${arrow}  ${did}${text}\n`;
}

/** The same as one JSON object, with more in front of it if wanted. */
export function formatInterceptedJson(
  { connection, to, message, effect }: InterceptedMessage,
  seconds: number,
  more: JsonObject = {},
): string {
  const head = {
    ...more,
    time: Number(seconds.toFixed(6)),
    connection,
    to,
    ...(effect === undefined ? {} : { effect: effect.kind }),
  };
  if (!('frame' in message)) return `${formatJson({ ...head, line: message.json ?? message.text })}\n`;
  const { frame, json, definition, rest } = message;
  const append = rest.length === 0 ? {} : { append: Array.from(rest) };
  const body = json === undefined ? { payload: Array.from(frame.payload) } : { fields: json, ...append };
  const type = {
    message: definition?.name ?? null,
    message_type: hexByte(frame.messageType),
    extension_type: frame.extensionType,
  };
  return `${formatJson({ ...head, ...type, ...body })}\n`;
}

function detailOf(message: Extract<InterceptedMessage['message'], { frame: unknown }>): string {
  if (message.json === undefined) return `${message.error ?? ''} ${showBytes(message.frame.payload)}`.trim();
  const { type: _type, ...fields } = message.json;
  const behind = message.rest.length === 0 ? '' : `, behind the last field: ${showBytes(message.rest)}`;
  return `${show(fields)}${behind}`;
}
