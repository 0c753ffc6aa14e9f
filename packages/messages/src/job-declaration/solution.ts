import { b032, defineMessage, type Infer, u32, u256 } from '@stratumkit/codec';

/** Spec 6.4.9, message type 0x60, sent by the downstream. */
export const PushSolution = defineMessage({
  name: 'PushSolution',
  messageType: 0x60,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '6.4.9',
  doc: 'Hands a found block to the server, which propagates it too.',
  fields: {
    extranonce: b032('The full extranonce.'),
    prevHash: u256('Hash of the previous block, as in the block header.'),
    nonce: u32('Nonce of the block header.'),
    ntime: u32('Time of the block header.'),
    nbits: u32('Compact target of the block header.'),
    version: u32('Version of the block header.'),
  },
});
export type PushSolution = Infer<typeof PushSolution>;
