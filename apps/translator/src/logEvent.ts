import { displayHash } from '@stratumkit/bitcoin';
import { displayText } from '@stratumkit/codec';
import { connectAdvice } from '@stratumkit/connection';
import type { EventLog } from '@stratumkit/runtime';
import type { TranslatorAppEvent } from './events.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

const LINES: Readonly<Record<TranslatorAppEvent['type'], readonly [Level, string]>> = {
  listening: ['info', 'listening'],
  connectionClosed: ['debug', 'connection closed'],
  minerConnected: ['debug', 'miner connected'],
  minerSubscribed: ['debug', 'miner subscribed'],
  workerAuthorized: ['debug', 'worker authorized'],
  workerRefused: ['warn', 'worker refused by the upstream'],
  minerGone: ['debug', 'miner gone'],
  minerClosed: ['debug', 'miner closed'],
  upstreamChannelOpened: ['info', 'upstream channel opened'],
  difficulty: ['debug', 'difficulty told'],
  job: ['debug', 'job told'],
  share: ['trace', 'share accepted'],
  shareRefused: ['debug', 'share refused'],
  block: ['info', 'block found'],
  upstreamAccepted: ['trace', 'shares counted upstream'],
  upstreamRefused: ['warn', 'share refused upstream'],
  sharesUnknown: ['warn', 'shares that the upstream never answered'],
  shareGap: ['warn', 'the upstream counted another number of shares'],
  upstreamUpdateRefused: ['warn', 'update of hashrate and target refused upstream'],
  lineFault: ['debug', 'line not understood'],
  payoutBroken: ['error', 'the coinbase does not pay what the identity says'],
  coinbaseTooLarge: ['warn', 'coinbase larger than some firmware takes'],
  workExpired: ['error', 'no upstream for too long, disconnecting miners'],
  upstreamConnecting: ['info', 'connecting to the upstream'],
  upstreamActive: ['info', 'upstream gives work'],
  upstreamFailed: ['warn', 'upstream failed'],
  upstreamRedirected: ['info', 'redirected by the upstream'],
  upstreamRedirectRefused: ['warn', 'redirection refused'],
};

const LOST_BLOCK = ['error', 'block found, but its upstream is gone'] as const;

/** What a miner or an upstream chose: escaped, and only below `info`. */
const PEER_TEXTS = new Set(['workerName', 'userAgent', 'reason', 'errorCode']);

/** One line for each event, at the level at which it matters. */
export function logEvent(log: EventLog, event: TranslatorAppEvent): void {
  const [level, text] = event.type === 'block' && !event.sent ? LOST_BLOCK : LINES[event.type];
  if (!log.isLevelEnabled(level)) return;
  const { type: _, ...fields } = event;
  const isPublic = level === 'info' || level === 'warn' || level === 'error';
  const hint = event.type === 'upstreamFailed' ? connectAdvice(event.reason) : undefined;
  log[level]({ ...printable(fields, isPublic), hint }, text);
}

function printable(fields: object, isPublic: boolean): Record<string, unknown> {
  const entries = Object.entries(fields)
    .filter(([key]) => !isPublic || !(key === 'workerName' || key === 'userAgent'))
    .map(([key, value]) => [key, printableValue(key, value)] as const);
  return Object.fromEntries(entries);
}

function printableValue(key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return displayHash(value);
  return typeof value === 'string' && PEER_TEXTS.has(key) ? displayText(value) : value;
}
