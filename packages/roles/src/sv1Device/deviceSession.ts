import type { Now } from '@stratumkit/codec';
import { type ClientSession, DIFFICULTY_ONE_TARGET, type NotifyParams } from '@stratumkit/sv1';
import type { ClientTip } from '../miningClient/work.ts';
import type { ConnectionId } from '../output.ts';

export interface Extranonce {
  readonly extranonce1: Uint8Array;
  readonly extranonce2Size: number;
}

/** One connection of one device, from its first call to its end. */
export interface Session {
  readonly connection: ConnectionId;
  readonly client: ClientSession;
  readonly sinceMs: number;
  /** Lists of the greeting that were sent, and calls of the last one without an answer. */
  greeted: number;
  awaited: number;
  extranonce: Extranonce | undefined;
  /** From the next job on. */
  nextExtranonce: Extranonce | undefined;
  /** Undefined until version rolling is granted; then submits have six parameters. */
  versionMask: number | undefined;
  /** Without a word of the server it is that of difficulty 1. */
  target: Uint8Array;
  /** What judges the job in hand. */
  jobTarget: Uint8Array;
  isAuthorized: boolean;
  /** The job in hand. */
  job: NotifyParams | undefined;
  tip: ClientTip | undefined;
  tipSinceMs: number;
  /** By their number. */
  readonly jobs: Map<number, { readonly jobId: string; readonly versionMask: number | undefined }>;
}

export function createSession(connection: ConnectionId, client: ClientSession, now: Now): Session {
  return {
    connection,
    client,
    sinceMs: now.monotonicMs,
    greeted: 0,
    awaited: 0,
    extranonce: undefined,
    nextExtranonce: undefined,
    versionMask: undefined,
    target: DIFFICULTY_ONE_TARGET,
    jobTarget: DIFFICULTY_ONE_TARGET,
    isAuthorized: false,
    job: undefined,
    tip: undefined,
    tipSinceMs: now.monotonicMs,
    jobs: new Map(),
  };
}
