/** Extension 0x0002: tracking of single workers within an extended channel. It adds one TLV field and no message. */
export const WORKER_HASHRATE_TRACKING = 0x0002;

/** A field that an extension appends to messages, and the largest value a recipient may accept. */
export interface TlvDefinition {
  readonly name: string;
  readonly extensionType: number;
  readonly fieldType: number;
  /** Bytes. */
  readonly maxLength: number;
}

/** The worker's name, UTF-8 and not padded, behind every SubmitSharesExtended once the extension is negotiated. */
export const USER_IDENTITY_TLV = {
  name: 'user_identity',
  extensionType: WORKER_HASHRATE_TRACKING,
  fieldType: 0x01,
  maxLength: 32,
} as const satisfies TlvDefinition;

/** Every TLV field of the extensions in this package. */
export const TLV_DEFINITIONS: readonly TlvDefinition[] = [USER_IDENTITY_TLV];
