/** What an interceptor does that a faithful one would not; for standing in for a peer that is wrong. */
export interface LinkFaults {
  /** What is spoken downstream, whatever its first bytes look like. */
  readonly speaks?: 'sv1' | 'plain' | undefined;
  /** What connects is not encrypted upstream, whatever it is downstream. */
  readonly plainUpstream?: boolean;
  /** Whether those who speak without encryption are turned away. */
  readonly refusesPlain?: boolean;
  /** When the upstream closes, the downstream connection stays open. */
  readonly keepsOpen?: boolean;
  /** What cannot be decrypted or split into frames does not end the connection. */
  readonly ignoresDamage?: boolean;
  /** A frame that arrives in pieces ends the connection. */
  readonly wholeFramesOnly?: boolean;
  /** A header that claims more bytes than this is the end of everything. */
  readonly crashesAbove?: number;
  /** So are this many connections that ended without a byte. */
  readonly crashesAfterSilent?: number;
}
