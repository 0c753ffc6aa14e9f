/** What kept a socket from being opened; `listen-failed` comes of listening, the others of connecting. */
export type TransportErrorCode = 'connect-failed' | 'connect-timeout' | 'aborted' | 'listen-failed';

/** A socket could not be opened. `cause` is the system's error. */
export class TransportError extends Error {
  static {
    TransportError.prototype.name = 'TransportError';
  }

  readonly code: TransportErrorCode;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: TransportErrorCode, message: string, context: Readonly<Record<string, unknown>>, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.context = context;
  }
}

/** Why no connection came about, in the words of a close cause, with the system's code behind it: `connect-failed: ECONNREFUSED`. */
export function connectFailure(error: unknown): string {
  if (!(error instanceof TransportError)) return 'connect-failed';
  const system = (error.cause as { readonly code?: unknown } | undefined)?.code;
  return typeof system === 'string' ? `${error.code}: ${system}` : error.code;
}
