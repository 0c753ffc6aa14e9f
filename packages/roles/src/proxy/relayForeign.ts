import { encodeRawFrame, type Frame } from '@stratumkit/framing';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { RelayChannel } from './relayChannel.ts';
import type { RelayPeer } from './relayPeer.ts';

const CHANNEL_ID_SIZE = 4;

export interface ForeignFrame {
  readonly frame: Uint8Array;
  readonly channelId: number;
  readonly channels: readonly RelayChannel[];
}

/** A message of an unknown extension to the upstream's endpoint of a channel, or of a group (spec 3.4.1). */
export function foreignUp(peer: RelayPeer, frame: Frame): (ForeignFrame & { session: UpstreamSession }) | undefined {
  const channelId = channelIdOf(frame);
  if (channelId === undefined) return undefined;
  const channels = peer.addressedBy(channelId);
  const { upstream } = channels[0] ?? {};
  if (upstream === undefined) return undefined;
  const group = peer.channels.has(channelId) ? undefined : peer.group(channelId);
  if (group !== undefined && group.session !== upstream.session) return undefined;
  const upstreamId = group?.upstreamGroupId ?? upstream.channel.channelId;
  return { frame: rewritten(frame, upstreamId), channelId: upstreamId, channels, session: upstream.session };
}

/** The same from the upstream, to all that it addresses. */
export function foreignDown(
  session: UpstreamSession,
  frame: Frame,
  channels: Iterable<RelayChannel>,
): (ForeignFrame & { peer: RelayPeer })[] {
  const upstreamId = channelIdOf(frame);
  const frames = new Map<string, ForeignFrame & { peer: RelayPeer; channels: RelayChannel[] }>();
  for (const channel of upstreamId === undefined ? [] : channels) {
    const { upstream, peer, group } = channel;
    if (upstream?.session !== session) continue;
    const isOne = upstream.channel.channelId === upstreamId;
    if (!isOne && upstream.channel.groupChannelId !== upstreamId) continue;
    const channelId = isOne ? channel.channelId : (group?.groupChannelId ?? channel.channelId);
    const key = `${peer.connection}:${channelId}`;
    const known = frames.get(key);
    if (known !== undefined) known.channels.push(channel);
    else frames.set(key, { peer, channelId, frame: rewritten(frame, channelId), channels: [channel] });
  }
  return [...frames.values()];
}

/** Undefined if the message is for the connection's endpoint, which is this proxy, or names no channel. */
function channelIdOf({ channelMessage, payload }: Frame): number | undefined {
  if (!channelMessage || payload.length < CHANNEL_ID_SIZE) return undefined;
  return new DataView(payload.buffer, payload.byteOffset).getUint32(0, true);
}

/** Nothing but the channel id may change. */
function rewritten(frame: Frame, channelId: number): Uint8Array {
  const payload = new Uint8Array(frame.payload);
  new DataView(payload.buffer).setUint32(0, channelId, true);
  return encodeRawFrame({ ...frame, payload });
}
