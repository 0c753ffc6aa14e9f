import type { RetryPolicy } from '../upstreamList/index.ts';

/** Kinds of SV1 miners whose habits are known; `generic` has none of its own. */
export const SV1_PROFILE_NAMES = [
  'generic',
  'minerd',
  'bitaxe',
  'whatsminer',
  'cgminer',
  'antminer',
  'avalon',
] as const;
/** A kind of SV1 miner; see {@link SV1_PROFILES}. */
export type Sv1ProfileName = (typeof SV1_PROFILE_NAMES)[number];

/** A call that a miner makes by itself once it is connected. */
export type Sv1GreetingCall = 'configure' | 'subscribe' | 'authorize' | 'suggestDifficulty' | 'subscribeExtranonce';

/** The habits of one kind of SV1 miner. */
export interface Sv1Profile {
  readonly userAgent: string;
  /** What it sends once connected: the calls of one list together, the next list when those are answered. */
  readonly greeting: readonly (readonly Sv1GreetingCall[])[];
  /** Asked for with `configure`; the device rolls what is granted of it. */
  readonly versionMask: number;
  /** Every share is handed in under this id; by default each call has its own. */
  readonly submitId?: number;
  /** Its wish, if it has one. */
  readonly suggestedDifficulty: number;
  /** Whether a job's time moves on while it is mined; otherwise it stays as the job gave it. */
  readonly rollsTime: boolean;
  /** Whether every job is begun at extranonce2 0, also one that differs from the last only by its id and time. */
  readonly startsOver: boolean;
  /** Whether a new difficulty already holds for the job in hand. */
  readonly appliesDifficultyAtOnce: boolean;
  /** Whether it asks for its old session when it comes back. */
  readonly resumesSession: boolean;
  /** It goes away from a server that gives more. */
  readonly maxExtranonce2Size: number;
  /** Jobs with a longer coinbase transaction are dropped. */
  readonly maxCoinbaseBytes: number;
  /** User names are cut here. */
  readonly maxUserNameBytes: number;
  /** Whether the fraction of a difficulty from 1 up is lost on it: told 1.5, it hands in shares of difficulty 1. */
  readonly cutsDifficulty: boolean;
  /** Without any line from the server. */
  readonly silenceMs: number;
  /** How often it tries to reach the first server of its list while it mines on another one; undefined if it stays there. */
  readonly probePrimaryMs?: number;
  readonly retry: Partial<RetryPolicy>;
}

const HARDWARE: Omit<Sv1Profile, 'userAgent' | 'greeting'> = {
  versionMask: 0xffff_ffff,
  suggestedDifficulty: 1_000,
  rollsTime: true,
  startsOver: false,
  appliesDifficultyAtOnce: false,
  resumesSession: false,
  maxExtranonce2Size: 8,
  maxCoinbaseBytes: 32_768,
  maxUserNameBytes: 255,
  cutsDifficulty: false,
  silenceMs: 180_000,
  retry: {},
};

/** Profiles after the observed habits of real miners. */
export const SV1_PROFILES: Readonly<Record<Sv1ProfileName, Sv1Profile>> = {
  /** No particular one: everything a modern miner knows, and no weakness. */
  generic: {
    ...HARDWARE,
    userAgent: 'stratumkit/0',
    greeting: [['configure'], ['subscribe', 'authorize', 'subscribeExtranonce']],
    maxExtranonce2Size: 16,
  },
  /** cpuminer: no configure, step by step, every share with id 4, 120 s of patience, 30 s between attempts. */
  minerd: {
    ...HARDWARE,
    userAgent: 'cpuminer/2.5.1',
    greeting: [['subscribe'], ['authorize'], ['subscribeExtranonce']],
    submitId: 4,
    rollsTime: false,
    startsOver: true,
    resumesSession: true,
    maxExtranonce2Size: 16,
    silenceMs: 120_000,
    retry: { firstDelayMs: 30_000, maxDelayMs: 30_000 },
  },
  /**
   * ESP-Miner: its first three calls go out back to back; the time stays as the job gave it; on its fallback it connects to the primary
   * every minute, goes without a byte, and moves back when that was possible.
   */
  bitaxe: {
    ...HARDWARE,
    userAgent: 'bitaxe/BM1368/v2.9.0',
    greeting: [
      ['configure', 'subscribe', 'authorize'],
      ['suggestDifficulty', 'subscribeExtranonce'],
    ],
    rollsTime: false,
    appliesDifficultyAtOnce: true,
    probePrimaryMs: 60_000,
    retry: { firstDelayMs: 5_000, maxDelayMs: 5_000, attemptsPerUpstream: 3 },
  },
  /** Begins with its wish; overflows on long user names. */
  whatsminer: {
    ...HARDWARE,
    userAgent: 'whatsminer/v1.2.0',
    greeting: [['suggestDifficulty'], ['configure'], ['subscribe'], ['authorize']],
    maxUserNameBytes: 127,
  },
  cgminer: {
    ...HARDWARE,
    userAgent: 'cgminer/4.12.1',
    greeting: [['configure'], ['subscribe'], ['authorize'], ['subscribeExtranonce']],
    resumesSession: true,
  },
  /** Stock firmware: no set_extranonce, small coinbase buffer. */
  antminer: {
    ...HARDWARE,
    userAgent: 'Antminer S19/1.0.0',
    greeting: [['configure'], ['subscribe'], ['authorize']],
    maxCoinbaseBytes: 750,
  },
  /** Cuts user names at 63 bytes, and reads a difficulty from 1 up as a whole number. */
  avalon: {
    ...HARDWARE,
    userAgent: 'cgminer/4.11.1 avalon',
    greeting: [['configure'], ['subscribe'], ['authorize']],
    maxUserNameBytes: 63,
    cutsDifficulty: true,
  },
};
