import { RemoteError } from '@stratumkit/codec';

/**
 * What kept a call from its result. `refused` and `unreachable`: no node there. `unauthorized`: wrong password or cookie.
 * `warming-up`, `initial-block-download`, `no-peers`: the node cannot answer yet. `rpc`: it answered with an error of its own,
 * whose number is in `context.rpcCode`. `invalid-response`: what came is no answer to the call.
 */
export type NodeErrorCode =
  | 'refused'
  | 'unreachable'
  | 'cookie-unreadable'
  | 'unauthorized'
  | 'forbidden'
  | 'timeout'
  | 'aborted'
  | 'warming-up'
  | 'initial-block-download'
  | 'no-peers'
  | 'busy'
  | 'wrong-network'
  | 'rpc'
  | 'response-too-large'
  | 'invalid-response';

/** A call that has no result, for the reason in `code`. */
export class NodeError extends RemoteError<NodeErrorCode> {
  static {
    NodeError.prototype.name = 'NodeError';
  }

  /** Whether the same call may succeed later without anybody changing a setting. */
  get isTemporary(): boolean {
    return TEMPORARY.has(this.code);
  }
}

const TEMPORARY: ReadonlySet<NodeErrorCode> = new Set<NodeErrorCode>([
  'refused',
  'unreachable',
  'cookie-unreadable',
  'timeout',
  'warming-up',
  'initial-block-download',
  'no-peers',
  'busy',
  'invalid-response',
]);

const RPC_CODES: Readonly<Record<number, NodeErrorCode>> = {
  [-28]: 'warming-up',
  [-10]: 'initial-block-download',
  [-9]: 'no-peers',
};

/** An error object of the node's reply. */
export function rpcError(method: string, error: unknown): NodeError {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  const rpcCode = typeof code === 'number' ? code : undefined;
  const text = typeof message === 'string' ? message : 'no message';
  const kind = (rpcCode !== undefined ? RPC_CODES[rpcCode] : undefined) ?? 'rpc';
  return new NodeError(kind, `${method}: ${text}`, { context: { method, rpcCode } });
}

const REFUSED = new Set(['ECONNREFUSED']);

/** A socket's failure. On a kept one it may only mean that the node had closed it meanwhile. */
export function connectionError(method: string, cause: Error, reusedSocket = false): NodeError {
  const systemCode = (cause as NodeJS.ErrnoException).code;
  const code = systemCode !== undefined && REFUSED.has(systemCode) ? 'refused' : 'unreachable';
  return new NodeError(code, `${method}: ${systemCode ?? cause.message}`, {
    context: { method, systemCode, reusedSocket },
    cause,
  });
}
