import { displayHash } from '@stratumkit/bitcoin';
import { displayText } from '@stratumkit/codec';
import { connectAdvice } from '@stratumkit/connection';
import type { Logger } from '@stratumkit/runtime';
import type { MiningDeviceEvent } from './options.ts';

/** One line in the log for each event. Text of the upstream is shown escaped. */
export function logEvent(log: Logger, event: MiningDeviceEvent, names: readonly string[]): void {
  const { type, ...fields } = event;
  const named = 'device' in fields ? { ...fields, device: names[fields.device] } : fields;
  switch (event.type) {
    case 'connecting':
    case 'connected':
    case 'redirected':
      log.info(named, EVENT_TEXTS[type]);
      return;
    case 'disconnected':
      log.warn({ ...named, hint: connectAdvice(event.reason) }, EVENT_TEXTS[type]);
      return;
    case 'redirectRefused':
      log.warn(named, EVENT_TEXTS[type]);
      return;
    case 'channelOpened':
      log.info({ device: names[event.device], channelId: event.channelId }, EVENT_TEXTS[type]);
      return;
    case 'subscribed':
    case 'authorized':
      log.info({ device: names[event.device] }, EVENT_TEXTS[type]);
      return;
    case 'channelRefused':
      log.warn({ ...named, errorCode: displayText(event.errorCode) }, EVENT_TEXTS[type]);
      return;
    case 'shareRejected': {
      const message = 'message' in event ? { message: shown(event.message) } : {};
      log.warn({ ...named, errorCode: displayText(event.errorCode), ...message }, EVENT_TEXTS[type]);
      return;
    }
    case 'authorizeRefused':
      log.warn({ ...named, message: shown(event.message) }, EVENT_TEXTS[type]);
      return;
    case 'message':
      log.info({ ...named, text: shown(event.text) }, EVENT_TEXTS[type]);
      return;
    case 'jobDropped':
      log.warn({ ...named, jobId: shown(event.jobId) }, EVENT_TEXTS[type]);
      return;
    case 'difficulty':
    case 'shareAccepted':
      log.debug(named, EVENT_TEXTS[type]);
      return;
    case 'channelClosed':
      log.warn({ ...named, reason: displayText(event.reason) }, EVENT_TEXTS[type]);
      return;
    case 'job': {
      const { newTip, prevHash } = event;
      const jobId = shown(String(event.jobId));
      log.debug({ device: names[event.device], jobId, newTip, prevHash: displayHash(prevHash) }, EVENT_TEXTS[type]);
      return;
    }
    case 'shareFound':
      log.debug({ ...named, jobId: shown(String(event.jobId)), hash: displayHash(event.hash) }, EVENT_TEXTS[type]);
      return;
    case 'sharesAccepted':
      log.debug({ ...named, difficultySum: event.difficultySum.toString() }, EVENT_TEXTS[type]);
      return;
    case 'shareDropped':
      log.debug(named, EVENT_TEXTS[type]);
      return;
  }
}

/** Longest text of an SV1 upstream in a log line; SV2 bounds its own. */
const MAX_SHOWN = 200;

function shown(text: string): string {
  return displayText(text.slice(0, MAX_SHOWN));
}

const EVENT_TEXTS: Readonly<Record<MiningDeviceEvent['type'], string>> = {
  connecting: 'connecting',
  connected: 'connected',
  disconnected: 'disconnected',
  redirected: 'redirected by the upstream',
  redirectRefused: 'redirection refused',
  channelOpened: 'channel opened',
  channelRefused: 'channel refused',
  channelClosed: 'channel closed by the upstream',
  job: 'new job',
  shareFound: 'share found',
  shareDropped: 'share not sent',
  sharesAccepted: 'shares accepted',
  shareRejected: 'share rejected',
  subscribed: 'subscribed',
  authorized: 'authorized',
  authorizeRefused: 'authorization refused',
  difficulty: 'difficulty',
  jobDropped: 'job too long for this device',
  shareAccepted: 'share accepted',
  message: 'message of the upstream',
};
