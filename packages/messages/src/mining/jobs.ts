import { b064k, bool, defineMessage, type Infer, option, seq0255, u32, u256 } from '@stratumkit/codec';

/** Spec 5.3.15, message type 0x15, sent by the upstream. */
export const NewMiningJob = defineMessage({
  name: 'NewMiningJob',
  messageType: 0x15,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.15',
  doc: 'A standard job: everything of the header but nonce, time and version bits is fixed.',
  fields: {
    channelId: u32('Standard channel the job is for.'),
    jobId: u32('Identifier of the job.'),
    minNtime: option(u32('Smallest time to mine with; empty for a future job, which waits for its SetNewPrevHash.')),
    version: u32('Version of the block header; BIP-0323 bits may be rolled.'),
    merkleRoot: u256('Merkle root of the block header.'),
  },
});
export type NewMiningJob = Infer<typeof NewMiningJob>;

/** Spec 5.3.16, message type 0x1f, sent by the upstream. */
export const NewExtendedMiningJob = defineMessage({
  name: 'NewExtendedMiningJob',
  messageType: 0x1f,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.16',
  doc: 'An extended job, for an extended channel or for every channel of a group.',
  fields: {
    channelId: u32('Extended channel or group channel the job is for.'),
    jobId: u32('Identifier of the job.'),
    minNtime: option(u32('Smallest time to mine with; empty for a future job, which waits for its SetNewPrevHash.')),
    version: u32('Version of the block header.'),
    versionRollingAllowed: bool('Whether the BIP-0323 bits of the version may be rolled.'),
    merklePath: seq0255(u256(), 'Merkle path of the coinbase, deepest hash first.'),
    coinbaseTxPrefix: b064k('Coinbase transaction up to the extranonce, without BIP-0141 fields.'),
    coinbaseTxSuffix: b064k('Coinbase transaction behind the extranonce, without BIP-0141 fields.'),
  },
});
export type NewExtendedMiningJob = Infer<typeof NewExtendedMiningJob>;

/** Spec 5.3.17, message type 0x20, sent by the upstream. */
export const SetNewPrevHash = defineMessage({
  name: 'SetNewPrevHash',
  messageType: 0x20,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '5.3.17',
  doc: 'Announces a new chain tip and activates one future job; every other job becomes invalid.',
  fields: {
    channelId: u32('Channel or group channel the tip is for.'),
    jobId: u32('Future job to mine on.'),
    prevHash: u256('Hash of the previous block, as in the block header.'),
    minNtime: u32('Smallest time to mine with.'),
    nbits: u32('Compact target of the block header.'),
  },
});
export type SetNewPrevHash = Infer<typeof SetNewPrevHash>;
