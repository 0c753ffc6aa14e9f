/** Names one connection to a role; chosen by whoever owns the sockets, never used twice. */
export type ConnectionId = number;

/**
 * What a frame is, for the send queue of a connection: which frames a newer one supersedes and which ones a `SetNewPrevHash` may
 * overtake. `job` is one with a `min_ntime`, `futureJob` one without; `reply` answers a request; `control` is the rest.
 */
export type FrameKind = 'job' | 'futureJob' | 'prevHash' | 'target' | 'acknowledgement' | 'reply' | 'control';

/** A plaintext frame for one or many connections: encoded once, sealed for each, never changed after it was handed out. */
export interface SendOutput {
  readonly type: 'send';
  readonly to: readonly ConnectionId[];
  readonly frame: Uint8Array;
  readonly kind: FrameKind;
  /** Channel or group the frame is addressed to. */
  readonly channelId?: number;
}

/** Frames that were sent to the connection before go out first. */
export interface CloseOutput {
  readonly type: 'close';
  readonly to: ConnectionId;
  /** Kebab-case word for logs and counters. */
  readonly reason: string;
}

/** For inputs that lead to nothing, as most ticks do. */
export const NO_OUTPUTS: readonly never[] = [];

/** All of them in order. Copies only if there is something in more than one. */
export function joined<T>(...parts: readonly (readonly T[])[]): readonly T[] {
  let all: readonly T[] = NO_OUTPUTS;
  for (const part of parts) {
    if (part.length === 0) continue;
    all = all.length === 0 ? part : [...all, ...part];
  }
  return all;
}
