import { defineMessage, type Infer, str0255, u16, u32 } from '@stratumkit/codec';

/** Spec 3.6.4, message type 0x03, sent by the upstream. */
export const ChannelEndpointChanged = defineMessage({
  name: 'ChannelEndpointChanged',
  messageType: 0x03,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '3.6.4',
  doc: 'The far end of a channel is another device now: extension state of that channel starts over.',
  fields: {
    channelId: u32('Channel whose endpoint changed.'),
  },
});
export type ChannelEndpointChanged = Infer<typeof ChannelEndpointChanged>;

/** Spec 3.6.5, message type 0x04, sent by the upstream. */
export const Reconnect = defineMessage({
  name: 'Reconnect',
  messageType: 0x04,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '3.6.5',
  doc: 'Sends the client to another server of the same authority key.',
  fields: {
    newHost: str0255('Host to connect to; empty for the present one.'),
    newPort: u16('Port to connect to; 0 for the present one.'),
  },
});
export type Reconnect = Infer<typeof Reconnect>;
