import { b032, defineMessage, type Infer, str0255, u32, u64 } from '@stratumkit/codec';

/** Spec 5.3.11, message type 0x1a, sent by the downstream. */
export const SubmitSharesStandard = defineMessage({
  name: 'SubmitSharesStandard',
  messageType: 0x1a,
  channelMessage: true,
  sentBy: 'downstream',
  spec: '5.3.11',
  doc: 'A share found on a standard channel.',
  fields: {
    channelId: u32('Channel the share belongs to.'),
    sequenceNumber: u32('Sequential number of the share within the channel.'),
    jobId: u32('Job the share solves.'),
    nonce: u32('Nonce of the block header.'),
    ntime: u32('Time of the block header.'),
    version: u32('Full version of the block header.'),
  },
});
export type SubmitSharesStandard = Infer<typeof SubmitSharesStandard>;

/** Spec 5.3.12, message type 0x1b, sent by the downstream. */
export const SubmitSharesExtended = defineMessage({
  name: 'SubmitSharesExtended',
  messageType: 0x1b,
  channelMessage: true,
  sentBy: 'downstream',
  spec: '5.3.12',
  doc: 'A share found on an extended channel.',
  fields: {
    channelId: u32('Channel the share belongs to.'),
    sequenceNumber: u32('Sequential number of the share within the channel.'),
    jobId: u32('Job the share solves.'),
    nonce: u32('Nonce of the block header.'),
    ntime: u32('Time of the block header.'),
    version: u32('Full version of the block header.'),
    extranonce: b032('Rolled part of the extranonce; exactly the size agreed for the channel.'),
  },
});
export type SubmitSharesExtended = Infer<typeof SubmitSharesExtended>;

/** Spec 5.3.13, message type 0x1c, sent by the upstream. */
export const SubmitSharesSuccess = defineMessage({
  name: 'SubmitShares.Success',
  messageType: 0x1c,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.13',
  doc: 'Accepts a batch of shares. Counters restart with every batch.',
  fields: {
    channelId: u32('Channel the shares were submitted on.'),
    lastSequenceNumber: u32('Newest sequence number with a correct result.'),
    newSubmitsAcceptedCount: u32('Shares accepted in this batch.'),
    newSharesSum: u64('Sum of the difficulties of those shares.'),
  },
});
export type SubmitSharesSuccess = Infer<typeof SubmitSharesSuccess>;

/** Spec 5.3.14, message type 0x1d, sent by the upstream. */
export const SubmitSharesError = defineMessage({
  name: 'SubmitShares.Error',
  messageType: 0x1d,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.14',
  doc: 'Rejects one share.',
  fields: {
    channelId: u32('Channel the share was submitted on.'),
    sequenceNumber: u32('Sequence number of the share.'),
    errorCode: str0255('Why the share was rejected.'),
  },
});
export type SubmitSharesError = Infer<typeof SubmitSharesError>;
