/** Why the connection to a template provider is closed and made anew: it broke the protocol, or says nothing. */
export type TemplateErrorCode =
  | 'coinbase-prefix-too-long'
  | 'value-out-of-range'
  | 'invalid-coinbase-outputs'
  /** Template ids must increase strictly (spec 7.2). */
  | 'template-id-not-increasing'
  /** A template for the current tip before any tip was announced. */
  | 'template-without-tip'
  /** SetNewPrevHash for a template that was never sent, or not as a future one. */
  | 'unknown-template'
  /** A block target of zero, or easier than `nbits`. */
  | 'invalid-target'
  | 'unexpected-message'
  /** Nothing came for long, not even the answer to a question. */
  | 'silent';
