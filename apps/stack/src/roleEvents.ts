import { displayHash } from '@stratumkit/bitcoin';
import type { MiningDeviceEvent } from '@stratumkit/mining-device';
import type { PoolAppEvent } from '@stratumkit/pool';
import type { ProxyAppEvent } from '@stratumkit/proxy';
import type { TemplateProviderEvent } from '@stratumkit/template-provider';
import type { TranslatorAppEvent } from '@stratumkit/translator';
import type { BlockFinders } from './blockFinders.ts';
import type { StackEvent } from './events.ts';
import { deviceOf, onGuestEvent, onGuestMiner, onGuestRefused } from './guests.ts';
import type { StackSink } from './sink.ts';

export function onProviderEvent(event: TemplateProviderEvent, sink: StackSink, finders: BlockFinders): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('template-provider', event.address, event.authorityPublicKey));
      return;
    case 'block': {
      const device = finders.take(event.hash);
      if (event.outcome === 'accepted') {
        sink.onEvent({ event: 'block', height: event.height, hash: event.hash, device: device ?? 'unknown' });
      } else {
        sink.onWarning(
          `block ${event.hash} at height ${event.height} ${event.outcome}${event.reason === undefined || event.reason === event.outcome ? '' : `: ${event.reason}`}`,
        );
      }
      return;
    }
    case 'source-lost':
      sink.onWarning(`${event.source}: ${event.message}`);
      return;
    case 'storage-failed':
      sink.onWarning(`${event.path}: ${event.message}`);
      return;
    default:
      return;
  }
}

export function onPoolEvent(event: PoolAppEvent, sink: StackSink, finders: BlockFinders): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('pool', event.address, event.authorityPublicKey));
      return;
    case 'block':
      finders.note(displayHash(event.hash), deviceOf(event.foundBy.worker ?? event.foundBy.userIdentity));
      return;
    case 'channelOpened':
    case 'share':
    case 'shareRejected':
      onGuestEvent('pool', event, sink);
      return;
    case 'job':
      if (event.reason !== 'future' && event.height !== undefined) sink.onEvent({ event: 'job', height: event.height });
      return;
    case 'templateProviderUnreachable':
      sink.onWarning(`pool: template provider ${event.address}: ${event.cause}, next try in ${event.retryInMs} ms`);
      return;
    case 'templateProviderFailed':
      sink.onWarning(`pool: template provider: ${event.message}`);
      return;
    default:
      return;
  }
}

export function onProxyEvent(event: ProxyAppEvent, sink: StackSink): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('proxy', event.address, event.authorityPublicKey));
      return;
    case 'channelOpened':
    case 'share':
    case 'shareRejected':
      onGuestEvent('proxy', event, sink);
      return;
    case 'upstreamFailed':
      sink.onWarning(
        `proxy: upstream ${event.host}:${event.port}: ${event.failure}, next try in ${event.retryInMs} ms`,
      );
      return;
    case 'shareGap':
      sink.onWarning(`proxy: the pool counted ${event.counted} shares and answered ${event.answered}`);
      return;
    case 'workExpired':
      sink.onWarning('proxy: no work, disconnecting devices');
      return;
    default:
      return;
  }
}

export function onTranslatorEvent(event: TranslatorAppEvent, sink: StackSink): void {
  switch (event.type) {
    case 'listening':
      sink.onEvent(listening('translator', event.address, undefined));
      return;
    case 'workerAuthorized':
    case 'share':
      onGuestMiner(event, sink);
      return;
    case 'shareRefused':
      onGuestRefused(event.workerName, event.refusal, sink);
      return;
    case 'upstreamFailed':
      sink.onWarning(
        `translator: upstream ${event.host}:${event.port}: ${event.failure}, next try in ${event.retryInMs} ms`,
      );
      return;
    case 'shareGap':
      sink.onWarning(`translator: the pool counted ${event.counted} shares and answered ${event.answered}`);
      return;
    case 'workExpired':
      sink.onWarning('translator: no work, disconnecting miners');
      return;
    default:
      return;
  }
}

export function onDeviceEvent(event: MiningDeviceEvent, sink: StackSink, names: readonly string[]): void {
  switch (event.type) {
    case 'sharesAccepted':
      sink.onEvent({ event: 'share_accepted', device: names[event.device]!, count: event.count });
      return;
    case 'shareAccepted':
      sink.onEvent({ event: 'share_accepted', device: names[event.device]!, count: 1 });
      return;
    case 'shareRejected':
      sink.onEvent({ event: 'share_rejected', error_code: event.errorCode, device: names[event.device]! });
      return;
    case 'channelRefused':
      sink.onWarning(`${names[event.device]}: channel refused: ${event.errorCode}`);
      return;
    case 'authorizeRefused':
      sink.onWarning(`${names[event.device]}: refused by the translator: ${event.message}`);
      return;
    default:
      return;
  }
}

/** `key` is undefined for a role that speaks SV1. */
export function listening(role: string, address: string, key: string | undefined): StackEvent {
  if (key === undefined) return { event: 'listening', role, address, url: `stratum+tcp://${address}` };
  return { event: 'listening', role, address, authority_public_key: key, url: `stratum2+tcp://${address}/${key}` };
}
