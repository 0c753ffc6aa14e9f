/** One small write per frame must not wait (TCP_NODELAY); a peer that vanished shows after about a minute of silence. */
export const SOCKET_OPTIONS = {
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: 60_000,
  // The last frames still go out to a peer that has closed its side.
  allowHalfOpen: true,
} as const;
