import type { ChainTip } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import { SetExtranoncePrefix, SetGroupChannel, SetTarget } from '@stratumkit/messages/mining';
import { blockTargetOf } from '../miningClient/blockTarget.ts';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { extendedJobFrame, prevHashFrame, standardJobFrame } from '../miningServer/jobFrames.ts';
import type { FrameKind, SendOutput } from '../output.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { RelayChannel } from './relayChannel.ts';
import { RelayFanOut } from './relayFanOut.ts';
import { RelayJobs } from './relayJobs.ts';
import type { RelayPeer } from './relayPeer.ts';

type MessageOf<Name extends MiningMessage['name']> = Extract<MiningMessage, { name: Name }>;
type JobMessage = MessageOf<'NewMiningJob'> | MessageOf<'NewExtendedMiningJob'>;

interface Addressed {
  readonly channel: RelayChannel;
  readonly upstream: ClientChannel;
  readonly output: MiningClientOutput;
}

/** Jobs, tips, targets, prefixes and groups, from one upstream to the channels that they are meant for. */
export class RelayDistribution {
  readonly jobs = new RelayJobs();
  readonly #channelOf: (upstream: ClientChannel) => RelayChannel | undefined;

  constructor(channelOf: (upstream: ClientChannel) => RelayChannel | undefined) {
    this.#channelOf = channelOf;
  }

  job(
    session: UpstreamSession,
    message: JobMessage,
    outputs: readonly MiningClientOutput[],
  ): { readonly sends: readonly SendOutput[]; readonly channels: number; readonly templateId: bigint } {
    const { minNtime } = message.value;
    const kind = minNtime === undefined ? 'futureJob' : 'job';
    const fanOut = fanOutOf(kind, session, message);
    let channels = 0;
    let templateId = 0n;
    for (const { channel, output, upstream } of this.#addressed(outputs)) {
      const job = output.type === 'futureJob' ? output.job : output.type === 'work' ? upstream.work?.job : undefined;
      if (job === undefined) continue;
      const template = this.jobs.templateOf(session, job, minNtime);
      const { judge } = channel;
      judge.addJob(template);
      channels++;
      templateId = template.templateId;
      fanOut.addOwn(
        channel,
        template.jobId,
        (groupChannelId) => extendedJobFrame(groupChannelId, template),
        () =>
          judge.type === 'standard' ? standardJobFrame(judge, template) : extendedJobFrame(channel.channelId, template),
      );
    }
    return { sends: fanOut.outputs(), channels, templateId };
  }

  prevHash(
    session: UpstreamSession,
    message: MessageOf<'SetNewPrevHash'>,
    outputs: readonly MiningClientOutput[],
    now: Now,
  ): { readonly sends: readonly SendOutput[]; readonly channels: number; readonly templateId: bigint } {
    const fanOut = fanOutOf('prevHash', session, message);
    let tip: ChainTip | undefined;
    let channels = 0;
    let templateId = 0n;
    for (const { channel, output, upstream } of this.#addressed(outputs)) {
      // Without work it joined its group after the job was sent; it gets both for itself.
      if (output.type !== 'work' || upstream.work === undefined) continue;
      const { prevHash, nbits, minNtime } = upstream.work.tip;
      tip ??= { prevHash, nbits, minNtime, blockTarget: blockTargetOf(nbits) };
      const template = this.jobs.templateOf(session, upstream.work.job, undefined);
      const chainTip = tip;
      if (!channel.judge.activate(template.jobId, chainTip, now)) continue;
      channels++;
      templateId = template.templateId;
      fanOut.add(channel, template.jobId, (channelId) => prevHashFrame(channelId, template.jobId, chainTip));
    }
    return { sends: fanOut.outputs(), channels, templateId };
  }

  target(
    session: UpstreamSession,
    message: MessageOf<'SetTarget'>,
    outputs: readonly MiningClientOutput[],
  ): { readonly sends: readonly SendOutput[]; readonly channels: readonly RelayChannel[] } {
    const fanOut = fanOutOf('target', session, message);
    const channels: RelayChannel[] = [];
    const maximumTarget = message.value.maximumTarget.slice();
    for (const { channel, output } of this.#addressed(outputs)) {
      if (output.type !== 'target') continue;
      channel.judge.setTarget(maximumTarget);
      channels.push(channel);
      fanOut.add(channel, 0, (channelId) => encodeFrame(SetTarget, { channelId, maximumTarget }));
    }
    return { sends: fanOut.outputs(), channels };
  }

  prefix(session: UpstreamSession, { value }: MessageOf<'SetExtranoncePrefix'>): readonly SendOutput[] {
    const upstream = session.client.channels.get(value.channelId);
    const channel = upstream === undefined ? undefined : this.#attached(upstream);
    return channel === undefined ? [] : [prefixFrame(channel, channel.prefixChanged())];
  }

  /** One SetGroupChannel for each connection that has groups. */
  group(session: UpstreamSession, { value }: MessageOf<'SetGroupChannel'>): readonly SendOutput[] {
    const moved = new Map<RelayPeer, RelayChannel[]>();
    for (const channelId of value.channelIds) {
      const upstream = session.client.channels.get(channelId);
      const channel = upstream === undefined ? undefined : this.#attached(upstream);
      if (channel === undefined) continue;
      const channels = moved.get(channel.peer) ?? [];
      channels.push(channel);
      moved.set(channel.peer, channels);
    }
    return [...moved].flatMap(([peer, channels]) => regroupFrames(peer, channels, session, value.groupChannelId));
  }

  /** What a channel has to know before the first job of another upstream. */
  moved(channel: RelayChannel): readonly SendOutput[] {
    const { upstream, peer } = channel;
    if (upstream === undefined) return [];
    const { session, channel: client } = upstream;
    const { target: maximumTarget, groupChannelId } = client;
    const { channelId } = channel;
    const frame = encodeFrame(SetTarget, { channelId, maximumTarget });
    return [
      ...regroupFrames(peer, [channel], session, groupChannelId),
      prefixFrame(channel, channel.judge.extranoncePrefix),
      { type: 'send', to: [peer.connection], frame, kind: 'target', channelId },
    ];
  }

  #attached(upstream: ClientChannel): RelayChannel | undefined {
    const channel = this.#channelOf(upstream);
    return channel?.upstream?.channel === upstream ? channel : undefined;
  }

  *#addressed(outputs: readonly MiningClientOutput[]): IterableIterator<Addressed> {
    for (const output of outputs) {
      if (!('channel' in output)) continue;
      const channel = this.#attached(output.channel);
      if (channel !== undefined) yield { channel, upstream: output.channel, output };
    }
  }
}

function fanOutOf(
  kind: FrameKind,
  { client }: UpstreamSession,
  { value }: { readonly value: { readonly channelId: number } },
): RelayFanOut {
  return new RelayFanOut(kind, client.channels.has(value.channelId) ? undefined : value.channelId);
}

function prefixFrame({ channelId, peer }: RelayChannel, extranoncePrefix: Uint8Array): SendOutput {
  const frame = encodeFrame(SetExtranoncePrefix, { channelId, extranoncePrefix });
  return { type: 'send', to: [peer.connection], frame, kind: 'control', channelId };
}

function regroupFrames(
  peer: RelayPeer,
  channels: readonly RelayChannel[],
  session: UpstreamSession,
  upstreamGroupId: number,
): readonly SendOutput[] {
  const channelIds = channels.map(({ channelId }) => channelId);
  let group: number | undefined;
  for (const channel of channels) group = peer.regroup(channel, session, upstreamGroupId)?.groupChannelId;
  if (group === undefined) return [];
  const frame = encodeFrame(SetGroupChannel, { groupChannelId: group, channelIds });
  return [{ type: 'send', to: [peer.connection], frame, kind: 'control', channelId: group }];
}
