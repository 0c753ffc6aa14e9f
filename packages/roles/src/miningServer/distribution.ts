import { type ChainTip, DEFAULT_CHANNEL_LIMITS, type ExtendedJobTemplate, JobIds } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { NO_OUTPUTS, type SendOutput } from '../output.ts';
import { FanOut } from './fanOut.ts';
import { extendedJobFrame, prevHashFrame, standardJobFrame } from './jobFrames.ts';
import { type PayoutClass, PayoutClasses } from './payoutClasses.ts';
import type { Peer, ServedChannel, ServedGroup } from './peer.ts';
import { isGroup, type Receiver, type Round, Rounds } from './rounds.ts';
import type { Work, WorkTip } from './types.ts';

/** Future works remembered; channels remember as many future jobs. */
const MAX_FUTURE_WORKS = DEFAULT_CHANNEL_LIMITS.maxFutureJobs;

/** Header times are U32; one at their end stands still there. */
const LAST_NTIME = 0xffff_ffff;

type JobOfClass = (payoutClass: PayoutClass) => ExtendedJobTemplate;

/**
 * Which jobs the channels get and when. One job per payout class serves all connections: it has the same id on each of them, so
 * that groups with the same id share one encoded frame.
 */
export class Distribution {
  /** One counter for all connections: ids are unique on each of them all the more. */
  readonly jobIds = new JobIds();
  readonly classes = new PayoutClasses();
  readonly #rounds: Rounds;
  readonly #futures = new Set<Work>();
  #work: Work | undefined;
  #tip: WorkTip | undefined;
  #sentAtMs = 0;

  /** `slice`: groups and channels that are served at once. */
  constructor(peers: ReadonlyMap<number, Peer>, slice: number) {
    this.#rounds = new Rounds(peers, slice);
  }

  get work(): Work | undefined {
    return this.#work;
  }

  get tip(): WorkTip | undefined {
    return this.#tip;
  }

  /** When the last job for all channels was made, in monotonic milliseconds. */
  get sentAtMs(): number {
    return this.#sentAtMs;
  }

  /** Not everybody has been served yet: {@link run} goes on. */
  get isPending(): boolean {
    return this.#rounds.isPending;
  }

  get isTipPending(): boolean {
    return this.#rounds.has('tip');
  }

  /** What a group or channel that appears now has to bear: it gets nothing of what is on its way. */
  get lastRound(): number {
    return this.#rounds.lastNumber;
  }

  /** Serves the next slice of groups and channels. */
  run(now: Now): readonly SendOutput[] {
    return this.isPending ? this.#rounds.run(now) : NO_OUTPUTS;
  }

  announce(work: Work): void {
    this.#futures.add(work);
    if (this.#futures.size > MAX_FUTURE_WORKS) {
      const [oldest] = this.#futures;
      this.#futures.delete(oldest!);
      this.#rounds.drop((subject) => subject === oldest);
      for (const payoutClass of this.classes.values()) payoutClass.futureJobs.delete(oldest!);
    }
    this.#rounds.add(this.#jobRound(work, 'futureJob', (payoutClass) => this.#announcedJob(work, payoutClass)));
  }

  /** Everything announced and not activated is off. Clients keep those jobs until the next tip; they are never activated. */
  dropFutures(): void {
    this.#rounds.drop((subject) => subject !== 'tip' && subject !== 'job');
    this.#futures.clear();
    for (const payoutClass of this.classes.values()) payoutClass.futureJobs.clear();
  }

  /** Nothing is handed out before the next tip. */
  stop(): void {
    this.#rounds.drop(() => true);
    this.dropFutures();
    this.#work = undefined;
    this.#tip = undefined;
    for (const payoutClass of this.classes.values()) payoutClass.entryJob = undefined;
  }

  /** Who has not been served with what came before goes straight to the new tip. */
  setTip(tip: WorkTip, work: Work, now: Now): void {
    this.#rounds.drop(() => true);
    this.#tip = tip;
    this.#work = work;
    this.#sentAtMs = now.monotonicMs;
    const jobs = new Map<PayoutClass, ExtendedJobTemplate>();
    for (const payoutClass of this.classes.values()) {
      const announced = payoutClass.futureJobs.get(work);
      payoutClass.entryJob = announced;
      if (announced !== undefined) jobs.set(payoutClass, announced);
    }
    this.dropFutures();
    const jobOf = memoized(jobs, (payoutClass) =>
      // The work may have become better before everybody has the tip.
      work === this.#work ? this.#entryJob(work, payoutClass) : this.#createJob(work, payoutClass, undefined),
    );
    this.#rounds.add(this.#tipRound(work, jobOf, this.#chainTip(tip.headerTimestamp)));
  }

  /** Better work on the current tip; without an argument a fresh job on the present one. */
  refresh(now: Now, work = this.#work): void {
    if (this.#tip === undefined || work === undefined) return;
    if (work !== this.#work) for (const payoutClass of this.classes.values()) payoutClass.entryJob = undefined;
    this.#work = work;
    this.#sentAtMs = now.monotonicMs;
    const minNtime = this.#ntime(now);
    const jobOf = memoized(new Map(), (payoutClass) => this.#createJob(work, payoutClass, minNtime));
    this.#rounds.drop((subject) => subject === 'job');
    this.#rounds.add(this.#jobRound('job', 'job', jobOf));
  }

  /** First messages after an open: a future job, its SetNewPrevHash, then the future jobs for the next tip. */
  enter(served: ServedChannel, now: Now): SendOutput[] {
    if (served.peer.requiresWorkSelection) return [];
    const outputs: SendOutput[] = [];
    const { payoutClass, channel, peer } = served;
    const receiver = served.group ?? served;
    if (this.#work !== undefined && this.#tip !== undefined) {
      const job = this.#entryJob(this.#work, payoutClass);
      outputs.push(this.#sendTo(served, job, 'futureJob'));
      // A group that the tip has not reached yet takes its new member along.
      if (!this.#rounds.isPendingFor('tip', receiver)) {
        const chainTip = this.#chainTip(this.#ntime(now));
        channel.activate(job.jobId, chainTip, now);
        const { channelId } = channel;
        const frame = prevHashFrame(channelId, job.jobId, chainTip);
        outputs.push({ type: 'send', to: [peer.connection], frame, kind: 'prevHash', channelId });
      }
    }
    for (const work of this.#futures)
      if (!this.#rounds.isPendingFor(work, receiver))
        outputs.push(this.#sendTo(served, this.#announcedJob(work, payoutClass), 'futureJob'));
    return outputs;
  }

  /**
   * A fresh job for one channel, after its target or prefix changed. None before the first tip, none that cannot be credited, and
   * none where the job of a new tip is about to come.
   */
  renew(served: ServedChannel, now: Now): SendOutput[] {
    if (served.peer.requiresWorkSelection || this.#work === undefined || served.channel.chainTip === undefined)
      return [];
    if (this.#rounds.isPendingFor('tip', served.group ?? served)) return [];
    const job = this.#createJob(this.#work, served.payoutClass, this.#ntime(now));
    const output = this.#sendTo(served, job, 'job');
    return served.channel.job(job.jobId)?.state === 'stale' ? [] : [output];
  }

  /** A fresh job for one group, after its target changed. */
  renewGroup(peer: Peer, group: ServedGroup, now: Now): SendOutput[] {
    if (peer.requiresWorkSelection || this.#work === undefined || this.#tip === undefined) return [];
    if (this.#rounds.isPendingFor('tip', group)) return [];
    const job = this.#createJob(this.#work, group.payoutClass, this.#ntime(now));
    group.channel.addJob(job);
    const { groupChannelId: channelId } = group.channel;
    return [{ type: 'send', to: [peer.connection], frame: extendedJobFrame(channelId, job), kind: 'job', channelId }];
  }

  /** One message per group, one per channel where standard jobs are required. */
  #jobRound(subject: Round['subject'], kind: 'job' | 'futureJob', jobOf: JobOfClass): Round {
    const shared = new FanOut(kind);
    let own: SendOutput[] = [];
    return {
      subject,
      visit: (receiver, peer) => {
        const output = this.#deliver(receiver, peer, jobOf(receiver.payoutClass), kind, shared);
        if (output !== undefined) own.push(output);
      },
      take: () => {
        const outputs = [...shared.take(), ...own];
        own = [];
        return outputs;
      },
    };
  }

  #tipRound(work: Work, jobOf: JobOfClass, chainTip: ChainTip): Round {
    const futures = new FanOut('futureJob');
    const prevHashes = new FanOut('prevHash');
    let own: SendOutput[] = [];
    return {
      subject: 'tip',
      visit: (receiver, peer, now) => {
        const { job, isNew } = this.#jobToActivate(receiver, work, jobOf(receiver.payoutClass));
        const output = isNew ? this.#deliver(receiver, peer, job, 'futureJob', futures) : undefined;
        if (output !== undefined) own.push(output);
        receiver.channel.activate(job.jobId, chainTip, now);
        const channelId = isGroup(receiver) ? receiver.channel.groupChannelId : receiver.channel.channelId;
        const encode = () => prevHashFrame(channelId, job.jobId, chainTip);
        prevHashes.add(peer.connection, channelId, job.jobId, encode);
      },
      take: () => {
        const outputs = [...futures.take(), ...own, ...prevHashes.take()];
        own = [];
        return outputs;
      },
    };
  }

  /** Notes the job on the receiver. To a group it goes in a frame that connections share, to a channel in one of its own. */
  #deliver(
    receiver: Receiver,
    peer: Peer,
    job: ExtendedJobTemplate,
    kind: 'job' | 'futureJob',
    shared: FanOut,
  ): SendOutput | undefined {
    if (!isGroup(receiver)) return this.#sendTo(receiver, job, kind);
    receiver.channel.addJob(job);
    const { groupChannelId } = receiver.channel;
    shared.add(peer.connection, groupChannelId, job.jobId, () => extendedJobFrame(groupChannelId, job));
    return undefined;
  }

  /** Notes the job on the channel and addresses it there. */
  #sendTo({ channel, peer }: ServedChannel, job: ExtendedJobTemplate, kind: 'job' | 'futureJob'): SendOutput {
    channel.addJob(job);
    const { channelId } = channel;
    const frame = channel.type === 'standard' ? standardJobFrame(channel, job) : extendedJobFrame(channelId, job);
    return { type: 'send', to: [peer.connection], frame, kind, channelId };
  }

  /**
   * The job to activate for a group or channel. Where none of its channels knows the announced one, or only some do (a member came
   * later, a store of future jobs ran full), one is sent first, because SetNewPrevHash may only name a job that was sent as
   * future (spec 5.3.17).
   */
  #jobToActivate(
    receiver: Receiver,
    work: Work,
    announced: ExtendedJobTemplate,
  ): { readonly job: ExtendedJobTemplate; readonly isNew: boolean } {
    const channels = isGroup(receiver) ? receiver.channel.members.values() : [receiver.channel];
    let [everyHas, noneKnows] = [true, true];
    for (const channel of channels) {
      const state = channel.job(announced.jobId)?.state;
      everyHas &&= state === 'future';
      noneKnows &&= state === undefined;
    }
    if (everyHas) return { job: announced, isNew: false };
    return { job: noneKnows ? announced : this.#createJob(work, receiver.payoutClass, undefined), isNew: true };
  }

  /** The future job of a class on the current work: the one that was announced, if it was. */
  #entryJob(work: Work, payoutClass: PayoutClass): ExtendedJobTemplate {
    payoutClass.entryJob ??= this.#createJob(work, payoutClass, undefined);
    return payoutClass.entryJob;
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
    const elapsed = Math.max(0, Math.floor((now.monotonicMs - receivedAtMs) / 1000));
    return Math.min(LAST_NTIME, headerTimestamp + elapsed);
  }
}

/** Jobs are made when the first receiver of a class needs one: there may be as many classes as channels. */
function memoized(jobs: Map<PayoutClass, ExtendedJobTemplate>, create: JobOfClass): JobOfClass {
  return (payoutClass) => {
    let job = jobs.get(payoutClass);
    if (job === undefined) {
      job = create(payoutClass);
      jobs.set(payoutClass, job);
    }
    return job;
  };
}
