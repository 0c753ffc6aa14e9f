import { difficultyFromTarget, meetsTarget } from '@stratumkit/bitcoin';
import { type Now, UsageError } from '@stratumkit/codec';
import type { SubmitSharesSuccess } from '@stratumkit/messages/mining';
import { DIFFICULTY_FRACTION_BITS } from '../difficulty/shareTarget.ts';
import type { AcceptedShare, RejectedShare, ShareErrorCode } from '../shares/share.ts';
import type { ShareBatch, ShareRecord } from './ledgerSink.ts';
import type { ShareIdentities } from './shareIdentity.ts';
import type { ShareTotals } from './shareTotals.ts';

/** Whose shares are counted, and how many make a batch. */
export interface ShareAccountingOptions {
  readonly channelId: number;
  readonly userIdentity: string;
  /** Names each share and batch; one of a server for all channels. */
  readonly identities: ShareIdentities;
  /** Shares per batch; by default 10. */
  readonly batchSize?: number;
  /** The oldest share waits no longer than this for its batch to be committed; by default 5000. */
  readonly maxBatchDelayMs?: number;
  /** Accepted shares that no ledger has confirmed yet, or that wait behind such ones; by default 10,000. */
  readonly maxUncommittedShares?: number;
}

interface PendingBatch {
  readonly batchId: number;
  readonly acknowledgement: SubmitSharesSuccess;
  state: 'pending' | 'committed';
}

const MAX_U64 = 2n ** 64n - 1n;

/**
 * Credit of one channel: accepted shares collect into a batch, the batch goes to the ledger, and only the ledger's answer
 * releases the acknowledgement. Batches are acknowledged in the order they were made.
 */
export class ShareAccounting {
  readonly #options: Required<ShareAccountingOptions>;
  #shares: ShareRecord[] = [];
  #openedAtMs = 0;
  #difficultyFixed = 0n;
  /** What earlier batches were rounded up by, in units of 2^-64. */
  #roundedUp = 0n;
  #pending: PendingBatch[] = [];
  /** Shares whose acknowledgement is not released: a ledger may confirm all batches but the oldest one. */
  #unreleased = 0;
  readonly #rejected: Partial<Record<ShareErrorCode, number>> = {};
  #accepted = 0;
  #late = 0;
  #acknowledged = 0;
  #lost = 0;
  #blocks = 0;
  #work = 0n;
  #bestHash: Uint8Array | undefined;

  constructor(options: ShareAccountingOptions) {
    this.#options = { batchSize: 10, maxBatchDelayMs: 5_000, maxUncommittedShares: 10_000, ...options };
  }

  /** When full, no further share may be validated on the channel before the ledger has answered: pause the connection. */
  get isFull(): boolean {
    return this.#unreleased >= this.#options.maxUncommittedShares;
  }

  /** When {@link tick} should be called next, in monotonic milliseconds. */
  get deadline(): number | undefined {
    return this.#shares.length === 0 ? undefined : this.#openedAtMs + this.#options.maxBatchDelayMs;
  }

  get totals(): ShareTotals {
    return {
      accepted: this.#accepted,
      late: this.#late,
      acknowledged: this.#acknowledged,
      lost: this.#lost,
      blocks: this.#blocks,
      rejected: { ...this.#rejected },
      work: this.#work,
      bestHash: this.#bestHash,
      bestDifficulty: this.#bestHash === undefined ? 0 : difficultyFromTarget(this.#bestHash),
    };
  }

  /** Returns the batch to commit when this share fills it. Throws UsageError `accounting-full` when {@link isFull}. */
  accept(share: AcceptedShare, now: Now, worker?: string): ShareBatch | undefined {
    if (this.isFull)
      throw new UsageError('accounting-full', 'too many shares wait for the ledger', {
        context: { channelId: this.#options.channelId, unreleased: this.#unreleased },
      });
    if (this.#shares.length === 0) this.#openedAtMs = now.monotonicMs;
    this.#shares.push({
      identity: this.#options.identities.nextShare(),
      channelId: this.#options.channelId,
      userIdentity: this.#options.userIdentity,
      worker,
      sequenceNumber: share.sequenceNumber,
      jobId: share.jobId,
      templateId: share.templateId,
      hash: share.hash,
      difficulty: share.difficulty,
      work: share.work,
      unixSeconds: now.unixSeconds,
    });
    this.#difficultyFixed += share.difficultyFixed;
    this.#unreleased++;
    this.#accepted++;
    this.#work += share.work;
    if (share.late) this.#late++;
    if (share.solution !== undefined) this.#blocks++;
    if (this.#bestHash === undefined || meetsTarget(share.hash, this.#bestHash)) this.#bestHash = share.hash;
    return this.#shares.length >= this.#options.batchSize ? this.flush() : undefined;
  }

  reject(share: RejectedShare): void {
    this.#rejected[share.errorCode] = (this.#rejected[share.errorCode] ?? 0) + 1;
    if (share.solution !== undefined) this.#blocks++;
  }

  /** Returns the batch to commit when its time has come. */
  tick(now: Now): ShareBatch | undefined {
    const deadline = this.deadline;
    return deadline !== undefined && now.monotonicMs >= deadline ? this.flush() : undefined;
  }

  /** Returns what has collected, if anything: to be called at a job change and at the close of the channel. */
  flush(): ShareBatch | undefined {
    const shares = this.#shares;
    const last = shares.at(-1);
    if (last === undefined) return undefined;
    const { channelId, identities } = this.#options;
    const batchId = identities.nextBatchId();
    this.#pending.push({
      batchId,
      acknowledgement: {
        channelId,
        lastSequenceNumber: last.sequenceNumber,
        newSubmitsAcceptedCount: shares.length,
        newSharesSum: this.#takeDifficultySum(),
      },
      state: 'pending',
    });
    this.#shares = [];
    return { batchId, channelId, shares };
  }

  /**
   * The ledger has written a batch. Returns the acknowledgements this releases, oldest first: none while an older batch is
   * still pending, none for a batch that is not ours or was confirmed before.
   */
  committed(batchId: number): readonly SubmitSharesSuccess[] {
    const batch = this.#pending.find((pending) => pending.batchId === batchId);
    if (batch === undefined || batch.state === 'committed') return [];
    batch.state = 'committed';
    return this.#release();
  }

  /** The ledger gave a batch up: its shares are never acknowledged, and no longer hold back younger batches. */
  abandoned(batchId: number): readonly SubmitSharesSuccess[] {
    const batch = this.#pending.find((pending) => pending.batchId === batchId && pending.state === 'pending');
    if (batch === undefined) return [];
    this.#pending = this.#pending.filter((pending) => pending !== batch);
    this.#unreleased -= batch.acknowledgement.newSubmitsAcceptedCount;
    this.#lost += batch.acknowledgement.newSubmitsAcceptedCount;
    return this.#release();
  }

  #release(): readonly SubmitSharesSuccess[] {
    const first = this.#pending.findIndex((pending) => pending.state === 'pending');
    const released = this.#pending.splice(0, first === -1 ? this.#pending.length : first);
    return released.map(({ acknowledgement }) => {
      this.#unreleased -= acknowledgement.newSubmitsAcceptedCount;
      this.#acknowledged += acknowledgement.newSubmitsAcceptedCount;
      return acknowledgement;
    });
  }

  /**
   * `new_shares_sum` holds whole difficulties. A batch is rounded up, and what it was rounded up by is taken off the next one:
   * over the life of the channel the sums are never below the difficulties summed, and never a whole unit above.
   */
  #takeDifficultySum(): bigint {
    const exact = this.#difficultyFixed - this.#roundedUp;
    const whole = exact <= 0n ? 0n : ((exact - 1n) >> DIFFICULTY_FRACTION_BITS) + 1n;
    this.#roundedUp = (whole << DIFFICULTY_FRACTION_BITS) - exact;
    this.#difficultyFixed = 0n;
    return whole > MAX_U64 ? MAX_U64 : whole;
  }
}
