import type { JsonObject, JsonValue } from '@stratumkit/codec';

/** An error of a response. On the wire `[code, "text", null]`; some peers send an object or bare text. */
export interface RpcError {
  readonly code: number;
  readonly message: string;
  readonly data?: JsonValue;
}

/** The error codes in use. */
export const RPC_ERROR_CODES = {
  other: 20,
  staleOrUnknownJob: 21,
  duplicateShare: 22,
  lowDifficulty: 23,
  unauthorized: 24,
  notSubscribed: 25,
} as const;

/** A name for each of {@link RPC_ERROR_CODES}. */
export type RpcErrorName = keyof typeof RPC_ERROR_CODES;

const TEXTS: Readonly<Record<RpcErrorName, string>> = {
  other: 'Other/Unknown',
  staleOrUnknownJob: 'Job not found',
  duplicateShare: 'Duplicate share',
  lowDifficulty: 'Low difficulty share',
  unauthorized: 'Unauthorized worker',
  notSubscribed: 'Not subscribed',
};

/** An error to answer with; the usual text unless another is given. */
export function rpcError(name: RpcErrorName, message: string = TEXTS[name]): RpcError {
  return { code: RPC_ERROR_CODES[name], message };
}

/** Reads the three forms there are; undefined for null. What has no code gets 20. */
export function parseRpcError(json: JsonValue): RpcError | undefined {
  if (json === null) return undefined;
  if (Array.isArray(json)) return fromParts(json[0], json[1], json[2]);
  if (typeof json !== 'object') return fromParts(undefined, json, undefined);
  const { code, message, data } = json as JsonObject;
  return fromParts(code, message, data);
}

function fromParts(code: JsonValue | undefined, message: JsonValue | undefined, data: JsonValue | undefined): RpcError {
  return {
    code: typeof code === 'number' ? code : RPC_ERROR_CODES.other,
    message: typeof message === 'string' ? message : TEXTS.other,
    ...(data === undefined || data === null ? {} : { data }),
  };
}
