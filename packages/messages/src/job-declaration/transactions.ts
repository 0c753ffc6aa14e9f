import { b016m, defineMessage, type Infer, seq064k, u16, u32 } from '@stratumkit/codec';

/** Spec 6.4.7, message type 0x55, sent by the upstream. */
export const ProvideMissingTransactions = defineMessage({
  name: 'ProvideMissingTransactions',
  messageType: 0x55,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '6.4.7',
  doc: 'Asks for declared transactions that the server does not know.',
  fields: {
    requestId: u32('Identifier of the DeclareMiningJob.'),
    unknownTxPositionList: seq064k(u16(), 'Positions in the declared list, from 0, not counting the coinbase.'),
  },
});
export type ProvideMissingTransactions = Infer<typeof ProvideMissingTransactions>;

/** Spec 6.4.8, message type 0x56, sent by the downstream. */
export const ProvideMissingTransactionsSuccess = defineMessage({
  name: 'ProvideMissingTransactions.Success',
  messageType: 0x56,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '6.4.8',
  doc: 'Supplies the transactions asked for.',
  fields: {
    requestId: u32('Identifier of the DeclareMiningJob.'),
    transactionList: seq064k(b016m(), 'Full transactions in the order they were asked for.'),
  },
});
export type ProvideMissingTransactionsSuccess = Infer<typeof ProvideMissingTransactionsSuccess>;
