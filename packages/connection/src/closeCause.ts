/**
 * Why a connection ended, each with its family. The names are stable: counters and logs use them as they are.
 *
 * - `normal`: nothing is wrong
 * - `local`: this side wanted it
 * - `refused`: setup or negotiation found no common ground
 * - `timeout`: the peer was silent for too long
 * - `limit`: the peer wanted more than it may have
 * - `protocol`: the peer sent what it must not
 * - `network`: the transport failed
 */
export const CLOSE_CAUSES = {
  /** Connected and went without a byte, as health checks and devices on their fallback pool do. */
  probe: 'normal',
  'peer-closed': 'normal',

  shutdown: 'local',
  /** A role asked for it; `detail.reason` says why. */
  'role-decision': 'local',
  aborted: 'local',

  'unsupported-protocol': 'refused',
  'protocol-version-mismatch': 'refused',
  'unsupported-feature-flags': 'refused',
  /** The server's policy refused for a reason of its own, in `detail.errorCode`. */
  'setup-refused': 'refused',
  /** The server answered with SetupConnection.Error; `detail.errorCode` and `detail.flags` are its. */
  'setup-error': 'refused',
  /** SetupConnection.Success with a version or flags that were not offered. */
  'setup-mismatch': 'refused',
  /** An extension that one side requires was not agreed on. */
  'required-extension-missing': 'refused',
  'wrong-authority': 'refused',
  'certificate-expired': 'refused',
  'certificate-not-yet-valid': 'refused',
  'certificate-invalid': 'refused',

  'connect-timeout': 'timeout',
  'handshake-timeout': 'timeout',
  'setup-timeout': 'timeout',
  'extension-timeout': 'timeout',
  'first-channel-timeout': 'timeout',
  'first-message-timeout': 'timeout',
  'idle-timeout': 'timeout',
  /** The peer did not read what was sent to it. */
  'write-timeout': 'timeout',

  'connection-limit': 'limit',
  'address-limit': 'limit',
  'handshake-limit': 'limit',
  /** This process has no file descriptors left. */
  'descriptor-limit': 'limit',
  'frame-too-large': 'limit',
  'message-budget': 'limit',
  'unknown-messages': 'limit',
  'send-queue-overflow': 'limit',

  'http-greeting': 'protocol',
  'tls-greeting': 'protocol',
  'sv1-greeting': 'protocol',
  'proxy-protocol-greeting': 'protocol',
  /** Stratum V2 without Noise on a port that wants Noise. */
  'plain-greeting': 'protocol',
  'text-greeting': 'protocol',
  'handshake-failed': 'protocol',
  'decryption-failed': 'protocol',
  'nonce-exhausted': 'protocol',
  'malformed-message': 'protocol',
  'unexpected-message': 'protocol',
  /** The peer closed in the middle of an act or a frame. */
  'peer-closed-mid-frame': 'protocol',

  'peer-reset': 'network',
  /** On the initiator's side: the peer ended the connection without a byte of act 2, as a server does that wants no Noise. */
  'handshake-unanswered': 'network',
  'connect-failed': 'network',
  'network-error': 'network',
  /** A bug of ours that a peer's bytes reached; `detail.error` has it. */
  'internal-error': 'local',
} as const satisfies Record<string, CloseFamily>;

/** What kind of end it was: see {@link CLOSE_CAUSES}. */
export type CloseFamily = 'normal' | 'local' | 'refused' | 'timeout' | 'limit' | 'protocol' | 'network';
/** Why a connection ended: a key of {@link CLOSE_CAUSES}. */
export type CloseCause = keyof typeof CLOSE_CAUSES;

/** Plain data that explains a cause: a reason, a message's name, sizes. Texts of the peer in it are not escaped. */
export type CloseDetail = Readonly<Record<string, unknown>>;

const FLUSHED: ReadonlySet<CloseCause> = new Set<CloseCause>([
  'peer-closed',
  'shutdown',
  'role-decision',
  'unsupported-protocol',
  'protocol-version-mismatch',
  'unsupported-feature-flags',
  'setup-refused',
  'required-extension-missing',
]);

/** Whether what is still queued goes out before the end. A failed authentication in particular gets no answer (spec 4.5). */
export function flushesQueue(cause: CloseCause): boolean {
  return FLUSHED.has(cause);
}
