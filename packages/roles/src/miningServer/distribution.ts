import { type ChainTip, DEFAULT_CHANNEL_LIMITS, type ExtendedJobTemplate, JobIds } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { SendOutput } from '../output.ts';
import { FanOut } from './fanOut.ts';
import { extendedJobFrame, prevHashFrame, standardJobFrame } from './jobFrames.ts';
import { type PayoutClass, PayoutClasses } from './payoutClasses.ts';
import type { Peer, ServedChannel, ServedGroup } from './peer.ts';
import type { Work, WorkTip } from './types.ts';

/** Future works remembered; channels remember as many future jobs. */
const MAX_FUTURE_WORKS = DEFAULT_CHANNEL_LIMITS.maxFutureJobs;

/**
 * Which jobs the channels get and when. One job per payout class serves all connections: it has the same id on each of them, so
 * that groups with the same id share one encoded frame.
 */
export class Distribution {
  /** One counter for all connections: ids are unique on each of them all the more. */
  readonly jobIds = new JobIds();
  readonly classes = new PayoutClasses();
  readonly #peers: ReadonlyMap<number, Peer>;
  readonly #futures = new Set<Work>();
  #work: Work | undefined;
  #tip: WorkTip | undefined;
  #sentAtMs = 0;

  constructor(peers: ReadonlyMap<number, Peer>) {
    this.#peers = peers;
  }

  get work(): Work | undefined {
    return this.#work;
  }

  get tip(): WorkTip | undefined {
    return this.#tip;
  }

  /** When all channels got a job last, in monotonic milliseconds. */
  get sentAtMs(): number {
    return this.#sentAtMs;
  }

  announce(work: Work): SendOutput[] {
    this.#futures.add(work);
    if (this.#futures.size > MAX_FUTURE_WORKS) {
      const [oldest] = this.#futures;
      this.#futures.delete(oldest!);
      for (const payoutClass of this.classes.values()) payoutClass.futureJobs.delete(oldest!);
    }
    return this.#sendFuture(work, this.classes.values());
  }

  /** Everything announced and not activated is off. Clients keep those jobs until the next tip; they are never activated. */
  dropFutures(): void {
    this.#futures.clear();
    for (const payoutClass of this.classes.values()) payoutClass.futureJobs.clear();
  }

  /** Nothing is handed out before the next tip. */
  stop(): void {
    this.dropFutures();
    this.#work = undefined;
    this.#tip = undefined;
    for (const payoutClass of this.classes.values()) payoutClass.entryJob = undefined;
  }

  setTip(tip: WorkTip, work: Work, now: Now): SendOutput[] {
    const unannounced = [...this.classes.values()].filter((payoutClass) => !payoutClass.futureJobs.has(work));
    const outputs = this.#sendFuture(work, unannounced);
    this.#tip = tip;
    this.#work = work;
    this.#sentAtMs = now.monotonicMs;

    const chainTip = this.#chainTip(tip.headerTimestamp);
    const fanOut = new FanOut('prevHash');
    const addressPrevHash = (peer: Peer, channelId: number, jobId: number) =>
      fanOut.add(peer.connection, channelId, jobId, () => prevHashFrame(channelId, jobId, chainTip));
    for (const peer of this.#miningPeers()) {
      for (const group of peer.groups.values()) {
        const { jobId } = this.#futureJobOf(group, work, outputs, peer);
        group.channel.activate(jobId, chainTip, now);
        addressPrevHash(peer, group.channel.groupChannelId, jobId);
      }
      for (const served of ungrouped(peer)) {
        const { jobId } = this.#futureJobOf(served, work, outputs, peer);
        served.channel.activate(jobId, chainTip, now);
        addressPrevHash(peer, served.channel.channelId, jobId);
      }
    }
    for (const payoutClass of this.classes.values()) payoutClass.entryJob = payoutClass.futureJobs.get(work);
    this.dropFutures();
    return [...outputs, ...fanOut.outputs()];
  }

  /** Better work on the current tip; without an argument a fresh job on the present one. */
  refresh(now: Now, work = this.#work): SendOutput[] {
    if (this.#tip === undefined || work === undefined) return [];
    const isNew = work !== this.#work;
    this.#work = work;
    this.#sentAtMs = now.monotonicMs;
    const jobs = new Map<PayoutClass, ExtendedJobTemplate>();
    for (const payoutClass of this.classes.values()) {
      if (isNew) payoutClass.entryJob = undefined;
      jobs.set(payoutClass, this.#createJob(work, payoutClass, this.#ntime(now)));
    }
    return this.#send(jobs, 'job');
  }

  /** First messages after an open: a future job, its SetNewPrevHash, then the future jobs for the next tip. */
  enter(served: ServedChannel, now: Now): SendOutput[] {
    if (served.peer.requiresWorkSelection) return [];
    const outputs: SendOutput[] = [];
    const { payoutClass, channel, peer } = served;
    if (this.#work !== undefined && this.#tip !== undefined) {
      payoutClass.entryJob ??= this.#createJob(this.#work, payoutClass, undefined);
      const job = payoutClass.entryJob;
      outputs.push(this.#sendTo(served, job, 'futureJob'));
      const chainTip = this.#chainTip(this.#ntime(now));
      channel.activate(job.jobId, chainTip, now);
      const { channelId } = channel;
      const frame = prevHashFrame(channelId, job.jobId, chainTip);
      outputs.push({ type: 'send', to: [peer.connection], frame, kind: 'prevHash', channelId });
    }
    for (const work of this.#futures)
      outputs.push(this.#sendTo(served, this.#announcedJob(work, payoutClass), 'futureJob'));
    return outputs;
  }

  /** A fresh job for one channel, after its target or prefix changed. None before the first tip, none that cannot be credited. */
  renew(served: ServedChannel, now: Now): SendOutput[] {
    if (served.peer.requiresWorkSelection || this.#work === undefined || served.channel.chainTip === undefined)
      return [];
    const job = this.#createJob(this.#work, served.payoutClass, this.#ntime(now));
    const output = this.#sendTo(served, job, 'job');
    return served.channel.job(job.jobId)?.state === 'stale' ? [] : [output];
  }

  /** A fresh job for one group, after its target changed. */
  renewGroup(peer: Peer, group: ServedGroup, now: Now): SendOutput[] {
    if (peer.requiresWorkSelection || this.#work === undefined || this.#tip === undefined) return [];
    const job = this.#createJob(this.#work, group.payoutClass, this.#ntime(now));
    group.channel.addJob(job);
    const { groupChannelId: channelId } = group.channel;
    return [{ type: 'send', to: [peer.connection], frame: extendedJobFrame(channelId, job), kind: 'job', channelId }];
  }

  #sendFuture(work: Work, classes: Iterable<PayoutClass>): SendOutput[] {
    const jobs = new Map<PayoutClass, ExtendedJobTemplate>();
    for (const payoutClass of classes) jobs.set(payoutClass, this.#announcedJob(work, payoutClass));
    return jobs.size === 0 ? [] : this.#send(jobs, 'futureJob');
  }

  /** One message per group, one per channel where standard jobs are required. */
  #send(jobs: ReadonlyMap<PayoutClass, ExtendedJobTemplate>, kind: 'job' | 'futureJob'): SendOutput[] {
    const fanOut = new FanOut(kind);
    const own: SendOutput[] = [];
    for (const peer of this.#miningPeers()) {
      for (const group of peer.groups.values()) {
        const job = jobs.get(group.payoutClass);
        if (job === undefined) continue;
        group.channel.addJob(job);
        const { groupChannelId } = group.channel;
        fanOut.add(peer.connection, groupChannelId, job.jobId, () => extendedJobFrame(groupChannelId, job));
      }
      for (const served of ungrouped(peer)) {
        const job = jobs.get(served.payoutClass);
        if (job !== undefined) own.push(this.#sendTo(served, job, kind));
      }
    }
    return [...fanOut.outputs(), ...own];
  }

  /** Notes the job on the channel and addresses it there. */
  #sendTo({ channel, peer }: ServedChannel, job: ExtendedJobTemplate, kind: 'job' | 'futureJob'): SendOutput {
    channel.addJob(job);
    const { channelId } = channel;
    const frame = channel.type === 'standard' ? standardJobFrame(channel, job) : extendedJobFrame(channelId, job);
    return { type: 'send', to: [peer.connection], frame, kind, channelId };
  }

  /**
   * The job to activate for a group or channel. Where a member lacks the announced one (its store of future jobs ran full) a new
   * one is sent first, because SetNewPrevHash may only name a job that was sent as future (spec 5.3.17).
   */
  #futureJobOf(
    receiver: ServedGroup | ServedChannel,
    work: Work,
    outputs: SendOutput[],
    peer: Peer,
  ): ExtendedJobTemplate {
    const announced = this.#announcedJob(work, receiver.payoutClass);
    const isGroup = !('accounting' in receiver);
    const channels = isGroup ? [...receiver.channel.members.values()] : [receiver.channel];
    if (channels.every((channel) => channel.job(announced.jobId)?.state === 'future')) return announced;
    const job = this.#createJob(work, receiver.payoutClass, undefined);
    if (!isGroup) {
      outputs.push(this.#sendTo(receiver, job, 'futureJob'));
      return job;
    }
    const { groupChannelId: channelId } = receiver.channel;
    receiver.channel.addJob(job);
    const frame = extendedJobFrame(channelId, job);
    outputs.push({ type: 'send', to: [peer.connection], frame, kind: 'futureJob', channelId });
    return job;
  }

  #announcedJob(work: Work, payoutClass: PayoutClass): ExtendedJobTemplate {
    let job = payoutClass.futureJobs.get(work);
    if (job === undefined) {
      job = this.#createJob(work, payoutClass, undefined);
      payoutClass.futureJobs.set(work, job);
    }
    return job;
  }

  #createJob(work: Work, { payout }: PayoutClass, minNtime: number | undefined): ExtendedJobTemplate {
    return work.createJob(payout, this.jobIds.next(), minNtime);
  }

  #chainTip(minNtime: number): ChainTip {
    const { prevHash, nbits, blockTarget } = this.#tip!;
    return { prevHash, nbits, blockTarget, minNtime };
  }

  /** The provider's clock: some devices set theirs by it. */
  #ntime(now: Now): number {
    const { headerTimestamp, receivedAtMs } = this.#tip!;
    return headerTimestamp + Math.max(0, Math.floor((now.monotonicMs - receivedAtMs) / 1000));
  }

  *#miningPeers(): IterableIterator<Peer> {
    for (const peer of this.#peers.values()) if (!peer.requiresWorkSelection) yield peer;
  }
}

function* ungrouped(peer: Peer): IterableIterator<ServedChannel> {
  for (const served of peer.channels.values()) if (served.group === undefined) yield served;
}
