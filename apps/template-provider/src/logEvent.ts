import type { EventLog } from '@stratumkit/runtime';
import type { TemplateProviderEvent } from './events.ts';

type Level = 'debug' | 'info' | 'warn' | 'error';

const LINES: Readonly<Record<TemplateProviderEvent['type'], readonly [Level, string]>> = {
  listening: ['info', 'listening'],
  tip: ['info', 'new tip'],
  template: ['debug', 'template sent'],
  block: ['info', 'block accepted'],
  solution: ['info', 'solution received'],
  'solution-refused': ['warn', 'solution refused'],
  'transaction-data-refused': ['debug', 'transaction data refused'],
  'client-connected': ['info', 'client connected'],
  'client-closed': ['info', 'client gone'],
  'client-constraints': ['debug', 'coinbase constraints'],
  'source-ready': ['info', 'templates available'],
  'source-lost': ['error', 'no templates'],
  'submit-retry': ['error', 'block not submitted yet, trying again'],
  'storage-failed': ['error', 'cannot write to disk'],
  'target-eased': ['info', 'block overdue, target eased'],
};

/** One line for each event, at the level at which it matters. */
export function logEvent(log: EventLog, event: TemplateProviderEvent): void {
  // The vendor is the client's own text: not for these levels.
  const { type: _, vendor, ...fields } = { vendor: undefined, ...event };
  const [level, text] = lineOf(event);
  log[level](withoutBigints(fields), text);
  if (vendor !== undefined) log.trace({ vendor }, 'vendor');
}

function lineOf(event: TemplateProviderEvent): readonly [Level, string] {
  if (event.type === 'block' && event.outcome !== 'accepted') return ['warn', 'block not accepted'];
  // Pools that judge by nbits send every share.
  if (event.type === 'solution-refused' && event.reason === 'target-not-met') return ['debug', 'solution refused'];
  return LINES[event.type];
}

function withoutBigints(fields: object): object {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, typeof value === 'bigint' ? value.toString() : value]),
  );
}
