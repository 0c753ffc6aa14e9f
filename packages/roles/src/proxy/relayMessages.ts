import { encodeFrame } from '@stratumkit/framing';
import { ChannelEndpointChanged } from '@stratumkit/messages/common';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { SendOutput } from '../output.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { Outputs } from './proxyMode.ts';
import type { ProxyOutput } from './proxyTypes.ts';
import type { RelayChannel } from './relayChannel.ts';

export function sendUp({ connection }: UpstreamSession, frame: Uint8Array): Outputs {
  return [{ type: 'upstream-send', connection, frame, kind: 'control' }];
}

export function closeUp(session: UpstreamSession, upstream: ClientChannel, reason: string): Outputs {
  const { client, connection } = session;
  const { frame } = client.close(upstream.channelId, reason);
  return [...sendUp(session, frame), { type: 'upstream-channels', connection, open: client.channels.size }];
}

export function updateUp(channel: RelayChannel): Outputs {
  const { upstream, peer, channelId, userIdentity, nominalHashrate, maxTarget } = channel;
  const { connection } = peer;
  const names = { connection, channelId, userIdentity };
  const updated = { type: 'event', event: { type: 'channelUpdated', ...names, nominalHashrate, maxTarget } } as const;
  if (upstream === undefined) return [updated];
  const { session, channel: client } = upstream;
  return [updated, ...sendUp(session, session.client.update(client.channelId, nominalHashrate, maxTarget).frame)];
}

/** Whoever is behind the channel now knows of no extension (spec 3.6.4). */
export function endpointChanged(channel: RelayChannel): readonly SendOutput[] {
  const { peer, channelId } = channel;
  channel.isUsedByExtensions = false;
  const frame = encodeFrame(ChannelEndpointChanged, { channelId });
  return [{ type: 'send', to: [peer.connection], frame, kind: 'control', channelId }];
}

export function targetEvent({
  peer,
  channelId,
  userIdentity,
  judge,
  nominalHashrate,
}: RelayChannel): ProxyOutput<never> {
  const { connection } = peer;
  const { target } = judge.target;
  return { type: 'event', event: { type: 'target', connection, channelId, userIdentity, target, nominalHashrate } };
}
