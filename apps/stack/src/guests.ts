import { displayText } from '@stratumkit/codec';
import { USER_IDENTITY } from './roleOptions.ts';
import type { StackSink } from './sink.ts';

/** Events of mining that the pool and the proxy have in common. */
type MiningEvent =
  | { readonly type: 'channelOpened'; readonly kind: 'standard' | 'extended'; readonly userIdentity: string }
  | { readonly type: 'share'; readonly userIdentity: string; readonly worker: string | undefined }
  | {
      readonly type: 'shareRejected';
      readonly userIdentity: string | undefined;
      readonly worker: string | undefined;
      readonly errorCode: string;
    };

/**
 * Tells of devices that are not the stack's own, by what the role they mine on makes of them; of its own the devices themselves tell.
 * A pool hears of what mines behind proxy and translator as of the stack's own.
 */
export function onGuestEvent(role: string, event: MiningEvent, sink: StackSink): void {
  const { userIdentity = 'unknown' } = event;
  if (isOwn(userIdentity)) return;
  switch (event.type) {
    case 'channelOpened':
      sink.onEvent({ event: 'channel_opened', role, device: deviceOf(userIdentity), kind: event.kind });
      return;
    case 'share':
      sink.onEvent({ event: 'share_accepted', device: deviceOf(event.worker ?? userIdentity), count: 1 });
      return;
    case 'shareRejected':
      onGuestRefused(event.worker ?? userIdentity, event.errorCode, sink);
  }
}

/** The same of an SV1 miner. */
export function onGuestMiner(
  event: { readonly type: 'workerAuthorized' | 'share'; readonly workerName: string },
  sink: StackSink,
): void {
  if (isOwn(event.workerName)) return;
  const device = deviceOf(event.workerName);
  if (event.type === 'share') sink.onEvent({ event: 'share_accepted', device, count: 1 });
  else sink.onEvent({ event: 'channel_opened', role: 'translator', device, kind: 'sv1' });
}

export function onGuestRefused(name: string | undefined, errorCode: string, sink: StackSink): void {
  if (name === undefined || !isOwn(name))
    sink.onEvent({ event: 'share_rejected', error_code: errorCode, device: deviceOf(name ?? 'unknown') });
}

/** `stack.device3` is `device3`. Names of guests are escaped. */
export function deviceOf(userIdentity: string): string {
  const own = userIdentity.startsWith(`${USER_IDENTITY}.`);
  return displayText(own ? userIdentity.slice(USER_IDENTITY.length + 1) : userIdentity);
}

function isOwn(userIdentity: string): boolean {
  return userIdentity === USER_IDENTITY || userIdentity.startsWith(`${USER_IDENTITY}.`);
}
