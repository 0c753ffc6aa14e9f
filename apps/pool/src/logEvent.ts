import { displayHash } from '@stratumkit/bitcoin';
import { displayText, toHex } from '@stratumkit/codec';
import { connectAdvice } from '@stratumkit/connection';
import type { EventLog } from '@stratumkit/runtime';
import type { PoolAppEvent } from './events.ts';

type Level = 'trace' | 'debug' | 'info' | 'warn' | 'error';

const LINES: Readonly<Record<PoolAppEvent['type'], readonly [Level, string]>> = {
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
  tip: ['info', 'new tip'],
  networkMismatch: ['warn', 'the template provider is not on the network of the configuration'],
  block: ['info', 'block found'],
  keptBlocksSent: [
    'warn',
    'kept blocks sent, a template provider that restarted meanwhile cannot use them: see its log',
  ],
  templateProvider: ['info', 'template provider'],
  templateProviderFailed: ['error', 'template provider given up'],
  templateProviderUnreachable: ['error', 'template provider not reached'],
  workExpired: ['error', 'no work for too long, disconnecting miners'],
};

/** One line for each event, at the level at which it matters. What a peer said is escaped, and only below `info`. */
export function logEvent(log: EventLog, event: PoolAppEvent): void {
  const [level, text] = LINES[event.type];
  if (!log.isLevelEnabled(level)) return;
  const { type: _, ...fields } = event;
  const isPublic = level === 'info' || level === 'warn' || level === 'error';
  log[level]({ ...printable(fields, isPublic), hint: hintOf(event) }, text);
}

function hintOf(event: PoolAppEvent): string | undefined {
  if (event.type === 'templateProviderUnreachable') return connectAdvice(event.cause);
  if (event.type !== 'networkMismatch') return undefined;
  const { network, nbits } = event;
  return `network is "${network}", and no block of ${network} has nbits ${nbits.toString(16)}: set network to that of the template provider's node, or payout addresses are taken for those of another network`;
}

const PEER_TEXTS = new Set(['userIdentity', 'worker', 'vendor', 'deviceId', 'reason']);

function printable(fields: object, isPublic: boolean): Record<string, unknown> {
  const entries = Object.entries(fields)
    .filter(([key]) => !isPublic || !PEER_TEXTS.has(key))
    .map(([key, value]) => [key, printableValue(key, value, isPublic)] as const);
  return Object.fromEntries(entries);
}

function printableValue(key: string, value: unknown, isPublic: boolean): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Uint8Array) return value.length === 32 ? displayHash(value) : toHex(value);
  if (typeof value === 'string') return PEER_TEXTS.has(key) ? displayText(value) : value;
  return typeof value === 'object' && value !== null ? printable(value, isPublic) : value;
}
