import { b064k, b0255, defineMessage, type Infer, seq0255, str0255, u32, u256 } from '@stratumkit/codec';

/** Spec 5.3.18, message type 0x22, sent by the downstream. */
export const SetCustomMiningJob = defineMessage({
  name: 'SetCustomMiningJob',
  messageType: 0x22,
  channelMessage: true,
  sentBy: 'downstream',
  spec: '5.3.18',
  doc: 'Asks the pool to reward work on a job of the miner.',
  fields: {
    channelId: u32('Extended channel or group channel the job is for.'),
    requestId: u32('Pairs the answer with this request.'),
    miningJobToken: b0255('Token from the job declarator server that names the job.'),
    version: u32('Version of the block header; BIP-0323 bits may be rolled.'),
    prevHash: u256('Hash of the previous block, as in the block header.'),
    minNtime: u32('Smallest time to mine with.'),
    nbits: u32('Compact target of the block header.'),
    coinbaseTxVersion: u32('Version of the coinbase transaction.'),
    coinbasePrefix: b0255('Up to 8 bytes that begin the scriptSig.'),
    coinbaseTxInputNSequence: u32('Sequence of the coinbase input.', { specName: 'coinbase_tx_input_nSequence' }),
    coinbaseTxOutputs: b064k('Outputs of the coinbase transaction, with their CompactSize count in front.'),
    coinbaseTxLocktime: u32('Locktime of the coinbase transaction.'),
    merklePath: seq0255(u256(), 'Merkle path of the coinbase, deepest hash first.'),
  },
});
export type SetCustomMiningJob = Infer<typeof SetCustomMiningJob>;

/** Spec 5.3.19, message type 0x23, sent by the upstream. */
export const SetCustomMiningJobSuccess = defineMessage({
  name: 'SetCustomMiningJob.Success',
  messageType: 0x23,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.19',
  doc: 'Commits the pool to reward the job.',
  fields: {
    channelId: u32('Channel of the request.'),
    requestId: u32('Identifier from the request.'),
    jobId: u32('Identifier to submit shares of the job with.'),
  },
});
export type SetCustomMiningJobSuccess = Infer<typeof SetCustomMiningJobSuccess>;

/** Spec 5.3.20, message type 0x24, sent by the upstream. */
export const SetCustomMiningJobError = defineMessage({
  name: 'SetCustomMiningJob.Error',
  messageType: 0x24,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.20',
  doc: 'Refuses the job.',
  fields: {
    channelId: u32('Channel of the request.'),
    requestId: u32('Identifier from the request.'),
    errorCode: str0255('Why the job was refused.'),
  },
});
export type SetCustomMiningJobError = Infer<typeof SetCustomMiningJobError>;
