import { b064k, defineMessage, type Infer, u32, u64 } from '@stratumkit/codec';

/** Spec 7.7, message type 0x76, sent by the downstream. */
export const SubmitSolution = defineMessage({
  name: 'SubmitSolution',
  messageType: 0x76,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '7.7',
  doc: 'A found block, to be completed and propagated by the template provider.',
  fields: {
    templateId: u64('Template the block was made from.'),
    version: u32('Version of the block header; only BIP-0323 bits may differ from the template.'),
    headerTimestamp: u32('Time of the block header.'),
    headerNonce: u32('Nonce of the block header.'),
    coinbaseTx: b064k('Full coinbase transaction, with BIP-0141 fields.'),
  },
});
export type SubmitSolution = Infer<typeof SubmitSolution>;
