import { b032, defineMessage, f32, type Infer, seq064k, str0255, u32, u256 } from '@stratumkit/codec';

/** Spec 5.3.7, message type 0x16, sent by the downstream. */
export const UpdateChannel = defineMessage({
  name: 'UpdateChannel',
  messageType: 0x16,
  channelMessage: true,
  sentBy: 'downstream',
  spec: '5.3.7',
  doc: 'Tells the server about a changed hashrate and asks for a matching target.',
  fields: {
    channelId: u32('Channel that changed.'),
    nominalHashRate: f32('Expected hashrate in h/s.'),
    maximumTarget: u256('Largest target the downstream accepts from now on; a request, answered by SetTarget.'),
  },
});
export type UpdateChannel = Infer<typeof UpdateChannel>;

/** Spec 5.3.8, message type 0x17, sent by the upstream. */
export const UpdateChannelError = defineMessage({
  name: 'UpdateChannel.Error',
  messageType: 0x17,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.8',
  doc: 'Refuses an UpdateChannel; an accepted one has no answer.',
  fields: {
    channelId: u32('Channel of the refused update.'),
    errorCode: str0255('Why the update was refused.'),
  },
});
export type UpdateChannelError = Infer<typeof UpdateChannelError>;

/** Spec 5.3.9, message type 0x18, sent by either side. */
export const CloseChannel = defineMessage({
  name: 'CloseChannel',
  messageType: 0x18,
  channelMessage: true,
  sentBy: 'either',
  spec: '5.3.9',
  doc: 'Ends a channel, or every channel of a group.',
  fields: {
    channelId: u32('Channel or group channel to close.'),
    reasonCode: str0255('Why it is closed; no control characters.'),
  },
});
export type CloseChannel = Infer<typeof CloseChannel>;

/** Spec 5.3.10, message type 0x19, sent by the upstream. */
export const SetExtranoncePrefix = defineMessage({
  name: 'SetExtranoncePrefix',
  messageType: 0x19,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.10',
  doc: 'Changes the extranonce prefix for all jobs sent after it.',
  fields: {
    channelId: u32('Extended or standard channel.'),
    extranoncePrefix: b032('Fixed first part of the extranonce.'),
  },
});
export type SetExtranoncePrefix = Infer<typeof SetExtranoncePrefix>;

/** Spec 5.3.21, message type 0x21, sent by the upstream. */
export const SetTarget = defineMessage({
  name: 'SetTarget',
  messageType: 0x21,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.21',
  doc: 'Sets the target for later jobs and for future jobs already received; active jobs keep theirs.',
  fields: {
    channelId: u32('Channel, or group whose channels all get the target.'),
    maximumTarget: u256('Largest hash accepted as a share.'),
  },
});
export type SetTarget = Infer<typeof SetTarget>;

/** Spec 5.3.22, message type 0x25, sent by the upstream. */
export const SetGroupChannel = defineMessage({
  name: 'SetGroupChannel',
  messageType: 0x25,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '5.3.22',
  doc: 'Puts channels into a group, which jobs can then address at once.',
  fields: {
    groupChannelId: u32('Group the channels belong to from now on.'),
    channelIds: seq064k(u32(), 'Open standard or extended channels.'),
  },
});
export type SetGroupChannel = Infer<typeof SetGroupChannel>;
