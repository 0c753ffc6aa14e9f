/**
 * Why an upstream gives no work, each its own path:
 *
 * - `unreachable`: no connection, or it ended before it was set up
 * - `wrong-key`: its certificate is not the authority's, not valid, or not valid now
 * - `setup-refused`: SetupConnection.Error, flags or extensions without common ground
 * - `silent-in-setup`: connected, then no word in handshake or setup
 * - `no-answer`: set up, but the request for a channel is not answered
 * - `channel-refused`: OpenMiningChannel.Error
 * - `no-work`: a channel, but no job to mine
 * - `invalid-work`: what it sent breaks the protocol
 * - `channel-closed`: it closed our channel
 * - `silent`: served work, then no word
 * - `lost`: the connection ended
 */
export type UpstreamFailure =
  | 'unreachable'
  | 'wrong-key'
  | 'setup-refused'
  | 'silent-in-setup'
  | 'no-answer'
  | 'channel-refused'
  | 'no-work'
  | 'invalid-work'
  | 'channel-closed'
  | 'silent'
  | 'lost';

/** Trying the same upstream again soon is of no use, or has taken too long already: the next one of the list is due. */
const PERSISTENT: ReadonlySet<UpstreamFailure> = new Set<UpstreamFailure>([
  'wrong-key',
  'setup-refused',
  'silent-in-setup',
  'no-answer',
  'channel-refused',
  'no-work',
  'invalid-work',
  'silent',
]);

export function isPersistent(failure: UpstreamFailure): boolean {
  return PERSISTENT.has(failure);
}

/** From the word by which a connection or the attempt to make one ended: its close cause, or the transport's error code. */
export function failureOf(reason: string, wasReady: boolean): UpstreamFailure {
  if (wasReady) return 'lost';
  switch (reason) {
    case 'wrong-authority':
    case 'certificate-expired':
    case 'certificate-not-yet-valid':
    case 'certificate-invalid':
      return 'wrong-key';
    case 'setup-error':
    case 'setup-mismatch':
    case 'required-extension-missing':
      return 'setup-refused';
    case 'handshake-timeout':
    case 'setup-timeout':
    case 'extension-timeout':
      return 'silent-in-setup';
    default:
      return 'unreachable';
  }
}
