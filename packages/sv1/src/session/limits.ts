/** Named bounds on what a miner can make a server remember or do. */
export interface ServerSessionLimits {
  /** Calls that wait until version rolling is known; one more ends the session. */
  readonly heldCalls: number;
  /** Their lines together, in bytes; more end the session too. */
  readonly heldBytes: number;
  /** Workers of one connection, and authorizations without an answer, together. */
  readonly workers: number;
  /** Lines that are no messages, or calls with impossible parameters, beyond those that were understood, until the session ends. */
  readonly faults: number;
  /** Questions to the miner whose answers are waited for; the oldest gives way. */
  readonly openQuestions: number;
  /** Longest worker name, in UTF-16 units. */
  readonly workerNameLength: number;
  /** What is kept of the name of the mining software, in UTF-16 units; the rest is cut off. */
  readonly userAgentLength: number;
}

/** Limits of a `ServerSession` where its options do not say. */
export const DEFAULT_SERVER_SESSION_LIMITS: ServerSessionLimits = {
  heldCalls: 16,
  heldBytes: 8_192,
  workers: 16,
  faults: 8,
  openQuestions: 8,
  workerNameLength: 255,
  userAgentLength: 255,
};
