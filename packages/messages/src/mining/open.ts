import { b032, defineMessage, f32, type Infer, str0255, u16, u32, u256 } from '@stratumkit/codec';

/** Spec 5.3.2, message type 0x10, sent by the downstream. */
export const OpenStandardMiningChannel = defineMessage({
  name: 'OpenStandardMiningChannel',
  messageType: 0x10,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '5.3.2',
  doc: 'Asks for a standard channel: header-only mining on one merkle root per job.',
  fields: {
    requestId: u32('Pairs the answer with this request; unique on the connection.'),
    userIdentity: str0255('Identifies the user to the upstream node, e.g. `account.worker`.'),
    nominalHashRate: f32('Expected hashrate in h/s; 0 while no device is connected.'),
    maxTarget: u256('Largest target the device accepts.'),
  },
});
export type OpenStandardMiningChannel = Infer<typeof OpenStandardMiningChannel>;

/** Spec 5.3.3, message type 0x11, sent by the upstream. */
export const OpenStandardMiningChannelSuccess = defineMessage({
  name: 'OpenStandardMiningChannel.Success',
  messageType: 0x11,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '5.3.3',
  doc: 'Opens a standard channel.',
  fields: {
    requestId: u32('Identifier from the request.'),
    channelId: u32('Identifier of the new channel for the life of the connection.'),
    target: u256('Initial target of the channel.'),
    extranoncePrefix: b032("The channel's extranonce when its jobs come as extended jobs of the group."),
    groupChannelId: u32('Group the channel belongs to.'),
  },
});
export type OpenStandardMiningChannelSuccess = Infer<typeof OpenStandardMiningChannelSuccess>;

/** Spec 5.3.4, message type 0x13, sent by the downstream. */
export const OpenExtendedMiningChannel = defineMessage({
  name: 'OpenExtendedMiningChannel',
  messageType: 0x13,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '5.3.4',
  doc: 'Asks for an extended channel: the downstream node rolls part of the extranonce.',
  fields: {
    requestId: u32('Pairs the answer with this request; unique on the connection.'),
    userIdentity: str0255('Identifies the user to the upstream node, e.g. `account.worker`.'),
    nominalHashRate: f32('Expected hashrate in h/s; 0 while no device is connected.'),
    maxTarget: u256('Largest target the devices accept.'),
    minExtranonceSize: u16('Smallest rollable extranonce the node can work with, in bytes.'),
  },
});
export type OpenExtendedMiningChannel = Infer<typeof OpenExtendedMiningChannel>;

/** Spec 5.3.5, message type 0x14, sent by the upstream. */
export const OpenExtendedMiningChannelSuccess = defineMessage({
  name: 'OpenExtendedMiningChannel.Success',
  messageType: 0x14,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '5.3.5',
  doc: 'Opens an extended channel.',
  fields: {
    requestId: u32('Identifier from the request.'),
    channelId: u32('Identifier of the new channel for the life of the connection.'),
    target: u256('Initial target of the channel.'),
    extranonceSize: u16('Size of the rollable part of the extranonce in bytes.'),
    extranoncePrefix: b032('Fixed first part of the extranonce.'),
    groupChannelId: u32('Group the channel belongs to.'),
  },
});
export type OpenExtendedMiningChannelSuccess = Infer<typeof OpenExtendedMiningChannelSuccess>;

/** Spec 5.3.6, message type 0x12, sent by the upstream. */
export const OpenMiningChannelError = defineMessage({
  name: 'OpenMiningChannel.Error',
  messageType: 0x12,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '5.3.6',
  doc: 'Refuses to open a standard or extended channel.',
  fields: {
    requestId: u32('Identifier from the request.'),
    errorCode: str0255('Why the channel was refused.'),
  },
});
export type OpenMiningChannelError = Infer<typeof OpenMiningChannelError>;
