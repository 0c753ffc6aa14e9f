import { b064k, b0255, defineMessage, type Infer, str0255, u32 } from '@stratumkit/codec';

/** Spec 6.4.2, message type 0x50, sent by the downstream. */
export const AllocateMiningJobToken = defineMessage({
  name: 'AllocateMiningJobToken',
  messageType: 0x50,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '6.4.2',
  doc: 'Asks for a token to declare a job with.',
  fields: {
    userIdentifier: str0255('Identifies the client to the pool.'),
    requestId: u32('Pairs the answer with this request.'),
  },
});
export type AllocateMiningJobToken = Infer<typeof AllocateMiningJobToken>;

/** Spec 6.4.3, message type 0x51, sent by the upstream. */
export const AllocateMiningJobTokenSuccess = defineMessage({
  name: 'AllocateMiningJobToken.Success',
  messageType: 0x51,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '6.4.3',
  doc: 'Gives out a token and the coinbase outputs the pool wants.',
  fields: {
    requestId: u32('Identifier from the request.'),
    miningJobToken: b0255('Token that makes the client eligible to declare one job.'),
    coinbaseTxOutputs: b064k('Outputs the pool adds, with their CompactSize count in front; the first is its payout.'),
  },
});
export type AllocateMiningJobTokenSuccess = Infer<typeof AllocateMiningJobTokenSuccess>;
