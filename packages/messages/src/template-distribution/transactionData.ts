import { b016m, b064k, defineMessage, type Infer, seq064k, str0255, u64 } from '@stratumkit/codec';

/** Spec 7.4, message type 0x73, sent by the downstream. */
export const RequestTransactionData = defineMessage({
  name: 'RequestTransactionData',
  messageType: 0x73,
  channelMessage: false,
  sentBy: 'downstream',
  spec: '7.4',
  doc: 'Asks for the transactions of a template.',
  fields: {
    templateId: u64('Template the transactions belong to.'),
  },
});
export type RequestTransactionData = Infer<typeof RequestTransactionData>;

/** Spec 7.5, message type 0x74, sent by the upstream. */
export const RequestTransactionDataSuccess = defineMessage({
  name: 'RequestTransactionData.Success',
  messageType: 0x74,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '7.5',
  doc: 'Supplies the transactions of a template, without the coinbase.',
  fields: {
    templateId: u64('Template the transactions belong to.'),
    excessData: b064k('Extra data a pool may need to validate the work; opaque.'),
    transactionList: seq064k(b016m(), 'Full transactions in block order; opaque.'),
  },
});
export type RequestTransactionDataSuccess = Infer<typeof RequestTransactionDataSuccess>;

/** Spec 7.6, message type 0x75, sent by the upstream. */
export const RequestTransactionDataError = defineMessage({
  name: 'RequestTransactionData.Error',
  messageType: 0x75,
  channelMessage: false,
  sentBy: 'upstream',
  spec: '7.6',
  doc: 'Refuses to supply the transactions.',
  fields: {
    templateId: u64('Template of the request.'),
    errorCode: str0255('Why there are no transactions.'),
  },
});
export type RequestTransactionDataError = Infer<typeof RequestTransactionDataError>;
