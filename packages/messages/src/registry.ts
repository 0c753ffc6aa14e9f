import type { MessageDefinition } from '@stratumkit/codec';
import { PROTOCOL_IDS, type Protocol } from './protocol.ts';
import { ALL_MESSAGES, MESSAGES_BY_GROUP, type MessagesByProtocol } from './sets.ts';

/** What of a frame names and carries its message. */
export interface MessageFrame {
  readonly extensionType: number;
  readonly messageType: number;
  readonly payload: Uint8Array;
}

/** A message of one subprotocol and the bytes behind its last field. */
export type DecodedMessage<P extends Protocol> = MessagesByProtocol[P] & { readonly rest: Uint8Array };

/** Definitions by message type; one table per subprotocol, and one per extension. */
type Table = readonly (MessageDefinition | undefined)[];

const CORE_TABLES = Object.fromEntries(
  Object.keys(PROTOCOL_IDS).map((protocol) => [
    protocol,
    tableOf([...MESSAGES_BY_GROUP.common, ...MESSAGES_BY_GROUP[protocol as Protocol]]),
  ]),
) as Readonly<Record<Protocol, Table>>;

const EXTENSION_TABLES: ReadonlyMap<number, Table> = new Map(
  [...new Set(MESSAGES_BY_GROUP.extensions.map((definition) => definition.extensionType))].map((extensionType) => [
    extensionType,
    tableOf(ALL_MESSAGES.filter((definition) => definition.extensionType === extensionType)),
  ]),
);

/** The definition of a message type, or undefined if this subprotocol or extension has none. The channel bit plays no part. */
export function definitionOf(
  protocol: Protocol,
  extensionType: number,
  messageType: number,
): MessageDefinition | undefined {
  const table = extensionType === 0 ? CORE_TABLES[protocol] : EXTENSION_TABLES.get(extensionType);
  return table?.[messageType];
}

/**
 * Decodes a frame's payload, or returns undefined for a message type this subprotocol does not know. Byte fields and `rest`
 * are views into the payload. Throws RemoteError `decode`.
 */
export function decodeMessage<P extends Protocol>(protocol: P, frame: MessageFrame): DecodedMessage<P> | undefined {
  const definition = definitionOf(protocol, frame.extensionType, frame.messageType);
  if (definition === undefined) return undefined;
  const { value, rest } = definition.decodePrefix(frame.payload);
  return { name: definition.name, value, rest } as unknown as DecodedMessage<P>;
}

function tableOf(definitions: readonly MessageDefinition[]): Table {
  const table = new Array<MessageDefinition | undefined>(256).fill(undefined);
  for (const definition of definitions) table[definition.messageType] = definition;
  return table;
}
