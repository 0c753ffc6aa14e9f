import { b064k, b0255, defineMessage, type Infer, seq064k, str0255, u32, u256 } from '@stratumkit/codec';

/** Spec 6.4.4, message type 0x57, sent by the downstream. */
export const DeclareMiningJob = defineMessage({
  name: 'DeclareMiningJob',
  messageType: 0x57,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '6.4.4',
  doc: 'Proposes a set of transactions to the pool (full-template mode).',
  fields: {
    requestId: u32('Pairs the answer with this request.'),
    miningJobToken: b0255('Token from AllocateMiningJobToken.Success.'),
    version: u32('Version of the block header; BIP-0323 bits may be rolled later.'),
    coinbaseTxPrefix: b064k('Coinbase transaction up to the extranonce, with BIP-0141 fields.'),
    coinbaseTxSuffix: b064k('Coinbase transaction behind the extranonce, with BIP-0141 fields.'),
    wtxidList: seq064k(u256(), 'Witness transaction ids in block order, without the coinbase.'),
    excessData: b064k('Extra data the pool may need to validate the work.'),
  },
});
export type DeclareMiningJob = Infer<typeof DeclareMiningJob>;

/** Spec 6.4.5, message type 0x58, sent by the upstream. */
export const DeclareMiningJobSuccess = defineMessage({
  name: 'DeclareMiningJob.Success',
  messageType: 0x58,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '6.4.5',
  doc: 'Acknowledges the declared job.',
  fields: {
    requestId: u32('Identifier from the request.'),
    newMiningJobToken: b0255('Token that names the declared job to the pool.'),
  },
});
export type DeclareMiningJobSuccess = Infer<typeof DeclareMiningJobSuccess>;

/** Spec 6.4.6, message type 0x59, sent by the upstream. */
export const DeclareMiningJobError = defineMessage({
  name: 'DeclareMiningJob.Error',
  messageType: 0x59,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '6.4.6',
  doc: 'Refuses the declared job.',
  fields: {
    requestId: u32('Identifier from the request.'),
    errorCode: str0255('Why the job was refused.'),
    errorDetails: b064k('Further details; may be empty.'),
  },
});
export type DeclareMiningJobError = Infer<typeof DeclareMiningJobError>;
