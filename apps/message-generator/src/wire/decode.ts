import type { JsonObject, MessageDefinition } from '@stratumkit/codec';
import type { Frame } from '@stratumkit/framing';
import { ALL_MESSAGES } from '@stratumkit/messages';

/** A frame with what could be made of it. */
export interface DecodedFrame {
  readonly frame: Frame;
  readonly definition: MessageDefinition | undefined;
  /** The message in the JSON form of test files; undefined if it is unknown or broken. */
  readonly json: JsonObject | undefined;
  /** The message as a log shows it. */
  readonly described: Readonly<Record<string, unknown>> | undefined;
  /** Bytes behind the last known field. */
  readonly rest: Uint8Array;
  readonly error: string | undefined;
}

const NOTHING = new Uint8Array(0);

/** Message types of all subprotocols differ, so that a frame can be read without knowing which one is spoken. */
export function findByType(extensionType: number, messageType: number): MessageDefinition | undefined {
  return ALL_MESSAGES.find(
    (definition) => definition.extensionType === extensionType && definition.messageType === messageType,
  );
}

export function decodeFrame(frame: Frame): DecodedFrame {
  const definition = findByType(frame.extensionType, frame.messageType);
  const unknown = { frame, definition, json: undefined, described: undefined, rest: NOTHING };
  if (definition === undefined) return { ...unknown, error: undefined };
  try {
    const { value, rest } = definition.decodePrefix(frame.payload);
    const json = definition.toJson(value);
    return { frame, definition, json, described: definition.describe(value), rest, error: undefined };
  } catch (error) {
    return { ...unknown, error: (error as Error).message };
  }
}

/** `SubmitShares.Error (0x1d)`. */
export function frameTitle({ frame, definition }: Pick<DecodedFrame, 'frame' | 'definition'>): string {
  const type = hexByte(frame.messageType);
  if (definition !== undefined) return `${definition.name} (${type})`;
  return frame.extensionType === 0 ? `message ${type}` : `message ${type} of extension ${frame.extensionType}`;
}

export function hexByte(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
