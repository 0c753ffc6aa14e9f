import { isNominalHashrate } from '@stratumkit/channels';
import { sanitizeErrorCode } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import {
  OPEN_MINING_CHANNEL_ERROR_CODES,
  OpenExtendedMiningChannelSuccess,
  OpenMiningChannelError,
  type OpenMiningChannelErrorCode,
  OpenStandardMiningChannelSuccess,
} from '@stratumkit/messages/mining';
import type { OpenRefusal } from '../miningServer/events.ts';
import type { Outputs } from './proxyMode.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { Opening } from './relayOpenings.ts';
import type { RelayPeer } from './relayPeer.ts';

type OpenMessage = Extract<MiningMessage, { name: 'OpenStandardMiningChannel' | 'OpenExtendedMiningChannel' }>;

const CODES = OPEN_MINING_CHANNEL_ERROR_CODES;
const KNOWN_CODES: ReadonlySet<string> = new Set(Object.values(CODES));

/** What an upstream is asked for, or why no upstream is asked at all. */
export function requestOf(
  peer: RelayPeer,
  message: OpenMessage,
  hasRoom: boolean,
): Opening | { readonly refusal: OpenRefusal } {
  const { requestId, userIdentity, nominalHashRate } = message.value;
  const kind = message.name === 'OpenStandardMiningChannel' ? 'standard' : 'extended';
  if (kind === 'extended' && peer.requiresStandardJobs)
    return { refusal: CODES.extendedChannelsNotSupportedForStandardJobs };
  if (peer.hasRequest(requestId)) return { refusal: 'duplicate-request-id' };
  if (!hasRoom) return { refusal: CODES.channelCapacityExhausted };
  if (!isNominalHashrate(nominalHashRate)) return { refusal: CODES.invalidNominalHashrate };
  const request = { requestId, userIdentity, nominalHashRate, maxTarget: message.value.maxTarget.slice() };
  const minExtranonceSize = 'minExtranonceSize' in message.value ? message.value.minExtranonceSize : 0;
  return { peer, kind, request, minExtranonceSize, channel: undefined };
}

/** `errorCode` as the upstream said it; events know the words of this program only. */
export function refuseOpening(
  { connection }: RelayPeer,
  { requestId, userIdentity }: { readonly requestId: number; readonly userIdentity: string },
  errorCode: string,
): Outputs {
  const code = sanitizeErrorCode(errorCode);
  const frame = encodeFrame(OpenMiningChannelError, { requestId, errorCode: code });
  const event = { type: 'channelRefused', connection, userIdentity, errorCode: knownCode(code) } as const;
  return [
    { type: 'send', to: [connection], frame, kind: 'reply' },
    { type: 'event', event },
  ];
}

/** Answers the request; the first job comes from the upstream. */
export function successOf(channel: RelayChannel): Outputs {
  const { peer, channelId, requestId, judge, extranonceSize, group, kind, userIdentity } = channel;
  const { connection } = peer;
  const { extranoncePrefix } = judge;
  const { target } = judge.target;
  const groupChannelId = group?.groupChannelId ?? 0;
  const common = { requestId, channelId, target, extranoncePrefix, groupChannelId };
  const frame =
    kind === 'standard'
      ? encodeFrame(OpenStandardMiningChannelSuccess, common)
      : encodeFrame(OpenExtendedMiningChannelSuccess, { ...common, extranonceSize });
  const { nominalHashrate, maxTarget } = channel;
  const event = {
    type: 'channelOpened',
    connection,
    channelId,
    userIdentity,
    kind,
    groupChannelId,
    nominalHashrate,
    target,
    maxTarget,
    extranoncePrefix,
    extranonceSize,
    payoutKey: '',
  } as const;
  return [
    { type: 'send', to: [connection], frame, kind: 'reply', channelId },
    { type: 'event', event },
  ];
}

function knownCode(code: string): OpenRefusal | 'other' {
  return KNOWN_CODES.has(code) || code === 'duplicate-request-id' ? (code as OpenMiningChannelErrorCode) : 'other';
}
