import { displayHash } from '@stratumkit/bitcoin';
import { displayText, toHex } from '@stratumkit/codec';
import { connectAdvice } from '@stratumkit/connection';
import type { EventLog } from '@stratumkit/runtime';
import type { ProxyAppEvent } from './events.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

const LINES: Readonly<Record<ProxyAppEvent['type'], readonly [Level, string]>> = {
  listening: ['info', 'listening'],
  connected: ['debug', 'connection set up'],
  disconnected: ['debug', 'connection gone'],
  connectionClosed: ['debug', 'connection closed'],
  channelOpened: ['debug', 'channel opened'],
  channelRefused: ['debug', 'channel refused'],
  channelClosed: ['debug', 'channel closed'],
  channelUpdated: ['debug', 'channel updated'],
  target: ['debug', 'target changed'],
  workerSeen: ['debug', 'worker seen'],
  share: ['trace', 'share accepted'],
  shareRejected: ['debug', 'share rejected'],
  acknowledged: ['trace', 'shares acknowledged'],
  job: ['debug', 'job sent'],
  shareForwarded: ['trace', 'share sent up'],
  forwardedShareRejected: ['debug', 'upstream rejected share'],
  upstreamAcknowledged: ['trace', 'upstream acknowledged shares'],
  sharesUnknown: ['warn', 'shares will have no answer'],
  shareGap: ['warn', 'upstream counted other shares than it answered'],
  answersOverdue: ['warn', 'upstream does not answer shares'],
  block: ['info', 'block found'],
  upstreamConnecting: ['debug', 'connecting to upstream'],
  upstreamFailed: ['warn', 'upstream failed'],
  upstreamActive: ['info', 'upstream serves work'],
  upstreamRedirected: ['info', 'upstream redirects'],
  upstreamRedirectRefused: ['warn', 'upstream redirects to where we do not go'],
  workExpired: ['error', 'no upstream serves work, disconnecting miners'],
};

/** One line for each event, at the level at which it matters. What a peer said is escaped, and only below `info`. */
export function logEvent(log: EventLog, event: ProxyAppEvent): void {
  const [usual, text] = LINES[event.type];
  // Miners come and go.
  const level = event.type === 'sharesUnknown' && event.reason === 'downstream-gone' ? 'debug' : usual;
  if (!log.isLevelEnabled(level)) return;
  const { type, ...fields } = event;
  const isPublic = level === 'info' || level === 'warn' || level === 'error';
  // Of a failed upstream the reason may be its error code.
  const texts = type === 'upstreamFailed' ? PEER_TEXTS_ESCAPED : isPublic ? PEER_TEXTS_HIDDEN : PEER_TEXTS_ESCAPED;
  const hint = event.type === 'upstreamFailed' ? connectAdvice(event.reason) : undefined;
  log[level]({ ...printable(fields, texts), hint }, text);
}

const PEER_TEXTS = new Set(['userIdentity', 'worker', 'vendor', 'deviceId', 'reason']);
const PEER_TEXTS_HIDDEN = (key: string, value: unknown): unknown => (PEER_TEXTS.has(key) ? undefined : value);
const PEER_TEXTS_ESCAPED = (key: string, value: unknown): unknown =>
  PEER_TEXTS.has(key) && typeof value === 'string' ? displayText(value) : value;

function printable(fields: object, texts: (key: string, value: unknown) => unknown): Record<string, unknown> {
  const entries = Object.entries(fields).map(
    ([key, value]) => [key, printableValue(texts(key, value), texts)] as const,
  );
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function printableValue(value: unknown, texts: (key: string, value: unknown) => unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return value.length === 32 ? displayHash(value) : toHex(value);
  return typeof value === 'object' && value !== null ? printable(value, texts) : value;
}
