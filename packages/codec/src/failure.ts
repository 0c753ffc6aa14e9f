import { RemoteError, UsageError } from './errors.ts';

/**
 * Why one value could not be read, written or converted. Thrown inside this package only: each enclosing field puts its
 * name or index in front of `path`, and the message definition turns the whole into a RemoteError or UsageError.
 */
export class FieldFailure {
  readonly reason: string;
  readonly context: Readonly<Record<string, unknown>>;
  path = '';

  constructor(reason: string, context: Readonly<Record<string, unknown>> = {}) {
    this.reason = reason;
    this.context = context;
  }
}

/** Puts `step` in front of the path of a failure on its way up; other errors pass unchanged. */
export function locate(error: unknown, step: string): unknown {
  if (error instanceof FieldFailure) error.path = step + error.path;
  return error;
}

/** A value of ours that its type cannot carry. */
export function badValue(typeName: string, allowed: string, value: unknown): FieldFailure {
  return new FieldFailure(`${typeName} must be ${allowed}, not ${describeValue(value)}`, { allowed, value });
}

/** What a caller of ours gets to see of a failure: who called it, the whole path and the reason. Other errors pass unchanged. */
export function usageError(code: 'encode' | 'json', root: string, cause: unknown): unknown {
  if (!(cause instanceof FieldFailure)) return cause;
  const path = root + cause.path;
  return new UsageError(code, `${path}: ${cause.reason}`, { context: { path, ...cause.context } });
}

/** The same for a failure in what a peer sent. */
export function decodeError(root: string, cause: unknown): unknown {
  if (!(cause instanceof FieldFailure)) return cause;
  const path = root + cause.path;
  return new RemoteError('decode', `${path}: ${cause.reason}`, { context: { path, ...cause.context } });
}

function describeValue(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'string') return `a string of ${value.length} characters`;
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'bigint' ? `${value}n` : String(value);
}
