import { b064k, b0255, bool, defineMessage, type Infer, seq0255, u16, u32, u64, u256 } from '@stratumkit/codec';

/** Spec 7.1, message type 0x70, sent by the downstream. */
export const CoinbaseOutputConstraints = defineMessage({
  name: 'CoinbaseOutputConstraints',
  messageType: 0x70,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '7.1',
  doc: 'Reserves room in the block for the coinbase outputs the client will add.',
  fields: {
    coinbaseOutputMaxAdditionalSize: u32('Largest serialized size of the added outputs in bytes.'),
    coinbaseOutputMaxAdditionalSigops: u16('Most signature operations in the added outputs.'),
  },
});
export type CoinbaseOutputConstraints = Infer<typeof CoinbaseOutputConstraints>;

/** Spec 7.2, message type 0x71, sent by the upstream. */
export const NewTemplate = defineMessage({
  name: 'NewTemplate',
  messageType: 0x71,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '7.2',
  doc: 'A block template.',
  fields: {
    templateId: u64('Identifier of the template, strictly increasing.'),
    futureTemplate: bool('Whether the template waits for its SetNewPrevHash.'),
    version: u32('Version of the block header; BIP-0323 bits may be rolled.'),
    coinbaseTxVersion: u32('Version of the coinbase transaction.'),
    coinbasePrefix: b0255('Up to 8 bytes that begin the scriptSig.'),
    coinbaseTxInputSequence: u32('Sequence of the coinbase input.'),
    coinbaseTxValueRemaining: u64('Satoshis the client may spend in its outputs: subsidy and fees.'),
    coinbaseTxOutputsCount: u32('Number of outputs in coinbaseTxOutputs.'),
    coinbaseTxOutputs: b064k('Last outputs of the coinbase transaction, serialized without a count.'),
    coinbaseTxLocktime: u32('Locktime of the coinbase transaction.'),
    merklePath: seq0255(u256(), 'Merkle path of the coinbase, deepest hash first.'),
  },
});
export type NewTemplate = Infer<typeof NewTemplate>;

/** Spec 7.3, message type 0x72, sent by the upstream. */
export const SetNewPrevHash = defineMessage({
  name: 'SetNewPrevHash',
  messageType: 0x72,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '7.3',
  doc: 'Announces a new chain tip and activates one future template.',
  fields: {
    templateId: u64('Future template to use on the new tip.'),
    prevHash: u256('Hash of the previous block, as in the block header.'),
    headerTimestamp: u32('Time to start mining with; not the smallest valid time.'),
    nbits: u32('Compact target of the block header.', { specName: 'nBits' }),
    target: u256('Largest hash of a valid block; may be below what nBits says.'),
  },
});
export type SetNewPrevHash = Infer<typeof SetNewPrevHash>;
