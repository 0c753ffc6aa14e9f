import type { RpcId } from '../message.ts';
import type { MinerInfo } from '../methods/configure.ts';
import type { SubmitParams } from '../methods/session.ts';
import type { RpcError } from '../rpcError.ts';

/** What a subscription is answered with. */
export interface SubscriptionTerms {
  /** Names the session to whoever resumes it. */
  readonly sessionId: string;
  /** At most 32 bytes, as they stand in the coinbase. */
  readonly extranonce1: Uint8Array;
  /** Bytes; 0 to 32. */
  readonly extranonce2Size: number;
}

/** A call that the owner answers with `ServerSession.answer`. */
export interface PendingCall {
  readonly id: RpcId | undefined;
}

/** Why a connection is to be closed. All but `no-extranonce-left` are limits that the miner went beyond. */
export type ServerSessionEnd = 'too-many-faults' | 'too-many-calls' | 'no-extranonce-left' | 'line-too-long';

/** What a line of the miner came to, or a line for it. */
export type ServerSessionOutput =
  /** A line for the miner. */
  | { readonly type: 'send'; readonly line: Uint8Array }
  /** The first call of a method that exists: somebody is there. */
  | { readonly type: 'greeted' }
  | { readonly type: 'subscribed'; readonly userAgent: string; readonly terms: SubscriptionTerms }
  /** Version rolling within this mask; 0 for none. */
  | { readonly type: 'configured'; readonly versionMask: number; readonly minerInfo: MinerInfo | undefined }
  /** Answer it with `authorize`. */
  | { readonly type: 'authorize'; readonly call: PendingCall; readonly workerName: string }
  /** A share of an authorized worker. Answer it. */
  | { readonly type: 'submit'; readonly call: PendingCall; readonly share: SubmitParams }
  /** The session refused this share by itself. */
  | { readonly type: 'shareRefused'; readonly workerName: string | undefined; readonly error: RpcError }
  /** The miner would like this target, or one no easier than it. */
  | { readonly type: 'suggestedTarget'; readonly target: Uint8Array; readonly strict: boolean }
  /** Answers to `askVersion` and `ping`. */
  | { readonly type: 'minerVersion'; readonly version: string }
  | { readonly type: 'pong' }
  /** A line that could not be understood or a call that is refused; for counting. */
  | { readonly type: 'fault'; readonly code: string }
  /** Nothing of this session is worth going on. */
  | { readonly type: 'end'; readonly reason: ServerSessionEnd };
