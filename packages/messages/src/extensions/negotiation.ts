import { defineMessage, type Infer, seq064k, u16 } from '@stratumkit/codec';

/** Extension 0x0001: negotiation of all other extensions. */
export const EXTENSIONS_NEGOTIATION = 0x0001;

/** Extension 0x0001, message type 0x00, sent by the downstream. */
export const RequestExtensions = defineMessage({
  name: 'RequestExtensions',
  messageType: 0x00,
  extensionType: EXTENSIONS_NEGOTIATION,
  channelMessage: false,
  sentBy: 'downstream',
  spec: 'ext 0x0001',
  doc: 'Asks for extensions, right after SetupConnection.Success.',
  fields: {
    requestId: u16('Pairs the answer with this request.'),
    requestedExtensions: seq064k(u16(), 'Extensions the client wants to use.'),
  },
});
export type RequestExtensions = Infer<typeof RequestExtensions>;

/** Extension 0x0001, message type 0x01, sent by the upstream. */
export const RequestExtensionsSuccess = defineMessage({
  name: 'RequestExtensions.Success',
  messageType: 0x01,
  extensionType: EXTENSIONS_NEGOTIATION,
  channelMessage: false,
  sentBy: 'upstream',
  spec: 'ext 0x0001',
  doc: 'Names the extensions that may be used.',
  fields: {
    requestId: u16('Identifier from the request.'),
    supportedExtensions: seq064k(u16(), 'Requested extensions that the server supports.'),
  },
});
export type RequestExtensionsSuccess = Infer<typeof RequestExtensionsSuccess>;

/** Extension 0x0001, message type 0x02, sent by the upstream. */
export const RequestExtensionsError = defineMessage({
  name: 'RequestExtensions.Error',
  messageType: 0x02,
  extensionType: EXTENSIONS_NEGOTIATION,
  channelMessage: false,
  sentBy: 'upstream',
  spec: 'ext 0x0001',
  doc: 'None of the requested extensions is supported, or a required one was not requested.',
  fields: {
    requestId: u16('Identifier from the request.'),
    unsupportedExtensions: seq064k(u16(), 'Requested extensions that the server does not support.'),
    requiredExtensions: seq064k(u16(), 'Extensions the server requires that were not requested.'),
  },
});
export type RequestExtensionsError = Infer<typeof RequestExtensionsError>;
