import { RemoteError } from '@stratumkit/codec';

/** Why a line of the peer was refused. Only `line-too-long` ends the stream; after any other the next line is readable. */
export type Sv1ErrorCode =
  /** No line end within the limit. The splitter is dead. */
  | 'line-too-long'
  | 'not-utf8'
  | 'not-json'
  /** Arrays and objects nested deeper than `MAX_DEPTH`. */
  | 'too-deep'
  /** One object names a key twice: readers disagree about which counts. */
  | 'duplicate-key'
  /** A key no honest peer sends: `__proto__`. */
  | 'forbidden-key'
  /** A number too large for any reader. */
  | 'huge-number'
  /** An array of messages where one is expected, or with none or too many of them. */
  | 'batch'
  | 'not-an-object'
  /** An object that is neither a call nor a response, or whose id is no id. */
  | 'bad-message'
  /** Parameters that the method does not have; `context.path` names the one. */
  | 'bad-params'
  /** The same for the result of a response. */
  | 'bad-result';

/** What a peer's line is refused with; `context` may hold `id` and `path`. */
export type Sv1Error = RemoteError<Sv1ErrorCode>;

export function sv1Error(
  code: Sv1ErrorCode,
  message: string,
  context: Readonly<Record<string, unknown>> = {},
): Sv1Error {
  return new RemoteError(code, message, { context });
}
