export { PROTOCOL_IDS, type Protocol, protocolOfId } from './protocol.ts';
export { type DecodedMessage, decodeMessage, definitionOf, type MessageFrame } from './registry.ts';
export {
  ALL_MESSAGES,
  type CommonMessage,
  type ExtensionMessage,
  type JobDeclarationMessage,
  MESSAGES_BY_GROUP,
  type MessageGroup,
  type MessageOf,
  type MessagesByProtocol,
  type MiningMessage,
  type ProtocolMessage,
  type TemplateDistributionMessage,
} from './sets.ts';
