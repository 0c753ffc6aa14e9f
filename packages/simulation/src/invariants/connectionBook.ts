import type { MiningMessage } from '@stratumkit/messages';
import type { Host } from '../network/host.ts';
import type { FoundShare } from './foundShare.ts';
import type { Invariants } from './invariants.ts';
import { type HashKey, hashKey } from './keys.ts';

/** Targets of a channel that are remembered: shares of past jobs are judged by theirs. */
const REMEMBERED_TARGETS = 8;

interface ChannelBook {
  readonly channelId: number;
  groupChannelId: number;
  readonly futures: Set<number>;
  /** Ids of jobs whose shares may still count: future, active and past ones. */
  readonly valid: Set<number>;
  /** Sent and not answered, oldest first. */
  readonly pending: Map<number, FoundShare>;
  /** The latest ones, newest last; kept for relays. */
  readonly targets: Uint8Array[];
}

/**
 * What one client was sent over one connection, in the order it arrived: the rules for job ids and future jobs are checked here, and
 * answers are matched with the shares they are for.
 */
export class ConnectionBook {
  readonly wire: number;
  readonly client: Host;
  readonly server: Host;
  readonly #invariants: Invariants;
  readonly #onGivenUp: (share: FoundShare) => void;
  readonly #channels = new Map<number, ChannelBook>();
  #tip: HashKey = -1;
  #tips = 0;

  /** `onGivenUp` is told of shares that no answer will come for. */
  constructor(
    wire: number,
    client: Host,
    server: Host,
    invariants: Invariants,
    onGivenUp: (share: FoundShare) => void,
  ) {
    this.wire = wire;
    this.client = client;
    this.server = server;
    this.#invariants = invariants;
    this.#onGivenUp = onGivenUp;
  }

  get isHonest(): boolean {
    return this.client.isHonest;
  }

  /** What the client was last told to mine on; kept for relays. */
  get tip(): HashKey {
    return this.#tip;
  }

  /** How often a tip was told; the same one again counts, for earlier jobs end with it. */
  get tips(): number {
    return this.#tips;
  }

  get channels(): ReadonlyMap<number, ChannelBook> {
    return this.#channels;
  }

  share(channelId: number, sequenceNumber: number): FoundShare | undefined {
    return this.#channels.get(channelId)?.pending.get(sequenceNumber);
  }

  sent(share: FoundShare): void {
    this.#channels.get(share.channelId)?.pending.set(share.sequenceNumber, share);
  }

  /** The oldest share of each channel that has no answer, as far as one is to be expected and it is older than that. */
  overdue(foundBeforeMs: number): FoundShare | undefined {
    for (const { pending } of this.#channels.values())
      for (const share of pending.values()) {
        if (share.foundMs < foundBeforeMs && share.state !== 'abandoned') return share;
        break;
      }
    return undefined;
  }

  *unanswered(): Generator<FoundShare> {
    for (const { pending } of this.#channels.values()) yield* pending.values();
  }

  /** A message has arrived at the client. Returns the shares that it answers. */
  receive(message: MiningMessage): readonly FoundShare[] {
    switch (message.name) {
      case 'OpenStandardMiningChannel.Success':
      case 'OpenExtendedMiningChannel.Success':
        this.#open(message.value.channelId, message.value.groupChannelId, message.value.target);
        return [];
      case 'NewMiningJob':
      case 'NewExtendedMiningJob':
        this.#addJob(message.value.channelId, message.value.jobId, message.value.minNtime === undefined);
        return [];
      case 'SetTarget':
        if (this.client.isRelay) this.#retarget(message.value.channelId, message.value.maximumTarget);
        return [];
      case 'SetNewPrevHash':
        if (this.client.isRelay) this.#tip = hashKey(message.value.prevHash);
        this.#tips++;
        this.#activate(message.value.channelId, message.value.jobId);
        return [];
      case 'SetGroupChannel':
        for (const channelId of message.value.channelIds) {
          const channel = this.#channels.get(channelId);
          if (channel !== undefined) channel.groupChannelId = message.value.groupChannelId;
        }
        return [];
      case 'SubmitShares.Success':
        return this.#acknowledged(
          message.value.channelId,
          message.value.lastSequenceNumber,
          message.value.newSubmitsAcceptedCount,
        );
      case 'SubmitShares.Error':
        return this.#rejected(message.value.channelId, message.value.sequenceNumber);
      case 'CloseChannel': {
        const lost = this.#addressed(message.value.channelId).flatMap(({ pending }) => [...pending.values()]);
        for (const { channelId } of this.#addressed(message.value.channelId)) this.#channels.delete(channelId);
        for (const share of lost) {
          this.#onGivenUp(share);
          if (share.state === 'sent') share.state = 'unknown';
        }
        return [];
      }
      default:
        return [];
    }
  }

  #open(channelId: number, groupChannelId: number, target: Uint8Array): void {
    this.#channels.set(channelId, {
      channelId,
      groupChannelId,
      futures: new Set(),
      valid: new Set(),
      pending: new Map(),
      targets: this.client.isRelay ? [target.slice()] : [],
    });
  }

  #retarget(channelId: number, target: Uint8Array): void {
    for (const { targets } of this.#addressed(channelId)) {
      targets.push(target.slice());
      if (targets.length > REMEMBERED_TARGETS) targets.shift();
    }
  }

  #addJob(channelId: number, jobId: number, future: boolean): void {
    for (const channel of this.#addressed(channelId)) {
      this.#invariants.check('job-ids-unique', !channel.valid.has(jobId), () =>
        this.#say(`job ${jobId} was sent on channel ${channel.channelId} while a job with this id was valid`),
      );
      channel.valid.add(jobId);
      if (future) channel.futures.add(jobId);
    }
  }

  #activate(channelId: number, jobId: number): void {
    for (const channel of this.#addressed(channelId)) {
      this.#invariants.check('future-jobs-only', channel.futures.has(jobId), () =>
        this.#say(`SetNewPrevHash names job ${jobId}, which channel ${channel.channelId} never got as a future one`),
      );
      channel.futures.clear();
      channel.valid.clear();
      channel.valid.add(jobId);
    }
  }

  /** Shares are acknowledged in the order they were accepted, so that all up to the last one that were not refused are meant. */
  #acknowledged(channelId: number, last: number, count: number): readonly FoundShare[] {
    const channel = this.#channels.get(channelId);
    if (channel === undefined) return [];
    const answered: FoundShare[] = [];
    const lastShare = channel.pending.get(last);
    if (lastShare === undefined && !this.isHonest) return [];
    for (const [sequenceNumber, share] of channel.pending) {
      channel.pending.delete(sequenceNumber);
      if (share.state !== 'abandoned') answered.push(share);
      else this.#onGivenUp(share);
      if (share === lastShare) break;
    }
    // Where a relay counts fewer than it covers, the oldest of them were in flight when it changed its upstream.
    if (this.server.isRelay) for (const share of answered.splice(0, answered.length - count)) this.#onGivenUp(share);
    if (this.isHonest)
      this.#invariants.check('acknowledged-in-ledger', lastShare !== undefined && answered.length === count, () =>
        this.#say(`${count} shares up to ${last} were acknowledged, ${answered.length} were waiting for it`),
      );
    return answered;
  }

  #rejected(channelId: number, sequenceNumber: number): readonly FoundShare[] {
    const channel = this.#channels.get(channelId);
    const share = channel?.pending.get(sequenceNumber);
    if (channel === undefined || share === undefined) return [];
    channel.pending.delete(sequenceNumber);
    return [share];
  }

  #addressed(channelId: number): readonly ChannelBook[] {
    const channel = this.#channels.get(channelId);
    if (channel !== undefined) return [channel];
    return [...this.#channels.values()].filter(({ groupChannelId }) => groupChannelId === channelId);
  }

  #say(text: string): string {
    return `${this.client.name}, wire ${this.wire}: ${text}`;
  }
}
