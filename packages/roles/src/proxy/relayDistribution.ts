import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import type { MiningMessage } from '@stratumkit/messages';
import { SetExtranoncePrefix, SetGroupChannel, SetTarget } from '@stratumkit/messages/mining';
import { blockTargetOf } from '../miningClient/blockTarget.ts';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { MiningClientOutput } from '../miningClient/outputs.ts';
import { extendedJobFrame, prevHashFrame, standardJobFrame } from '../miningServer/jobFrames.ts';
import type { SendOutput } from '../output.ts';
import type { UpstreamSession } from '../upstreamList/upstreamSession.ts';
import type { Outputs } from './proxyMode.ts';
import type { RelayChannel } from './relayChannel.ts';
import { RelayFanOut } from './relayFanOut.ts';
import { RelayJobs } from './relayJobs.ts';
import type { RelayPeer } from './relayPeer.ts';
import { type Addressed, RelayRound } from './relayRound.ts';
import { RelayRounds } from './relayRounds.ts';

type MessageOf<Name extends MiningMessage['name']> = Extract<MiningMessage, { name: Name }>;
type JobMessage = MessageOf<'NewMiningJob'> | MessageOf<'NewExtendedMiningJob'>;

/** Jobs, tips, targets, prefixes and groups, from one upstream to the channels that they are meant for. */
export class RelayDistribution {
  readonly jobs = new RelayJobs();
  readonly #rounds: RelayRounds;
  readonly #channelOf: (upstream: ClientChannel) => RelayChannel | undefined;

  /** `slice`: channels that are served at once. */
  constructor(channelOf: (upstream: ClientChannel) => RelayChannel | undefined, slice: number) {
    this.#channelOf = channelOf;
    this.#rounds = new RelayRounds(slice);
  }

  /** When the next channels are to be served; undefined if nobody waits. */
  get deadline(): number | undefined {
    return this.#rounds.deadline;
  }

  /** Serves the next slice of channels. */
  run(now: Now): Outputs {
    return this.#rounds.run(now);
  }

  /** Serves whoever still waits: what the upstream says next is meant for channels that have all it said before. */
  finish(now: Now): Outputs {
    return this.#rounds.finish(now);
  }

  /** The upstream judges this channel's shares by its newest work: the channel gets it before them. */
  serve(channel: RelayChannel, now: Now): Outputs {
    return this.#rounds.serve(channel, now);
  }

  job(session: UpstreamSession, message: JobMessage, outputs: readonly MiningClientOutput[], now: Now): Outputs {
    const { minNtime } = message.value;
    const isFuture = minNtime === undefined;
    const round = new RelayRound(
      {
        kind: isFuture ? 'futureJob' : 'job',
        reason: isFuture ? 'future' : 'update',
        upstreamGroupId: groupOf(session, message),
        note: ({ judge }, job) => {
          const template = this.jobs.templateOf(session, job, minNtime);
          judge.addJob(template);
          return template;
        },
        encode: extendedJobFrame,
        encodeOwn: ({ judge }, template) => (judge.type === 'standard' ? standardJobFrame(judge, template) : undefined),
      },
      this.#addressed(outputs),
    );
    return this.#rounds.add(round, now);
  }

  prevHash(
    session: UpstreamSession,
    message: MessageOf<'SetNewPrevHash'>,
    outputs: readonly MiningClientOutput[],
    now: Now,
  ): Outputs {
    const { nbits, minNtime } = message.value;
    const tip = { prevHash: message.value.prevHash.slice(), nbits, minNtime, blockTarget: blockTargetOf(nbits) };
    const round = new RelayRound(
      {
        kind: 'prevHash',
        reason: 'tip',
        upstreamGroupId: groupOf(session, message),
        note: ({ judge }, job, at) => {
          const template = this.jobs.templateOf(session, job, undefined);
          return judge.activate(template.jobId, tip, at) ? template : undefined;
        },
        encode: (channelId, { jobId }) => prevHashFrame(channelId, jobId, tip),
      },
      this.#addressed(outputs),
    );
    return this.#rounds.add(round, now);
  }

  target(
    session: UpstreamSession,
    message: MessageOf<'SetTarget'>,
    outputs: readonly MiningClientOutput[],
  ): { readonly sends: readonly SendOutput[]; readonly channels: readonly RelayChannel[] } {
    const fanOut = new RelayFanOut('target', groupOf(session, message));
    const channels: RelayChannel[] = [];
    const maximumTarget = message.value.maximumTarget.slice();
    for (const output of outputs) {
      const channel = output.type === 'target' ? this.#attached(output.channel) : undefined;
      if (channel === undefined) continue;
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

  /** With the work as it is now: the next message may change it before everybody is served. */
  #addressed(outputs: readonly MiningClientOutput[]): Addressed[] {
    const addressed: Addressed[] = [];
    for (const output of outputs) {
      if (output.type !== 'work' && output.type !== 'futureJob') continue;
      const { channel: upstream } = output;
      const channel = this.#attached(upstream);
      // Without work it joined its group after the job was sent; it gets both for itself.
      const job = output.type === 'futureJob' ? output.job : upstream.work?.job;
      if (channel !== undefined && job !== undefined) addressed.push({ channel, upstream, job });
    }
    return addressed;
  }
}

/** Undefined if the upstream addressed one channel. */
function groupOf(
  { client }: UpstreamSession,
  { value: { channelId } }: { readonly value: { readonly channelId: number } },
): number | undefined {
  return client.channels.has(channelId) ? undefined : channelId;
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
