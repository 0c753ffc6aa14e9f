import type { ExtendedJobTemplate, JobIds } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { difficultyLine, notifyLine } from '@stratumkit/sv1';
import { coinbaseSize, notifyOf, toldDifficulty } from '@stratumkit/translation';
import { type ActiveWork, maxNtime } from '../miningClient/work.ts';
import type { ConnectionId } from '../output.ts';
import type { Miner } from './miner.ts';
import { LOCAL_EXTRANONCE_SIZE } from './minerTable.ts';
import type { Outbox } from './outbox.ts';
import type { JobReason } from './translatorEvent.ts';
import type { TranslatorCoreOptions, TranslatorLimits } from './translatorTypes.ts';
import type { WorkSource } from './workSource.ts';

/** Where a job came from. */
export interface JobOrigin {
  readonly source: WorkSource;
  readonly work: ActiveWork;
}

/** `clean`: every older job of the miner is void. */
export interface JobOccasion {
  readonly reason: JobReason;
  readonly clean: boolean;
}

/** Tells miners their jobs and difficulties. */
export class JobSender {
  readonly #options: Pick<TranslatorCoreOptions, 'maxCoinbaseBytes' | 'extranonce2Size'>;
  readonly #limits: TranslatorLimits;
  readonly #jobIds: JobIds;
  readonly #outbox: Outbox;
  readonly #origins = new WeakMap<ExtendedJobTemplate, JobOrigin>();
  #largestCoinbase = 0;

  constructor(
    options: Pick<TranslatorCoreOptions, 'maxCoinbaseBytes' | 'extranonce2Size'>,
    limits: TranslatorLimits,
    jobIds: JobIds,
    outbox: Outbox,
  ) {
    this.#options = options;
    this.#limits = limits;
    this.#jobIds = jobIds;
    this.#outbox = outbox;
  }

  originOf(template: ExtendedJobTemplate): JobOrigin | undefined {
    return this.#origins.get(template);
  }

  /** The present work of a source under a job id of its own, to those of the miners that take jobs. */
  send(miners: Iterable<Miner>, source: WorkSource, { reason, clean }: JobOccasion, now: Now): void {
    const { work } = source;
    const ready = [...miners].filter(({ isReady }) => isReady);
    if (work === undefined || ready.length === 0) return;
    const future = source.createJob(work, this.#jobIds.next());
    const present = { ...future, minNtime: work.minNtime };
    const origin = { source, work };
    for (const template of [future, present]) this.#origins.set(template, origin);
    const tip = source.chainTip(work);
    const upstream = { target: work.target, told: toldDifficulty(work.target, 'down') };
    const to: ConnectionId[] = [];
    for (const miner of ready) {
      const { channel } = miner.space!;
      this.#tell(miner, miner.difficulty.forJob(upstream, this.#limits.maxUncreditedFactor));
      channel.setTarget(miner.shareTarget!);
      if (clean) {
        channel.addJob(future);
        channel.activate(future.jobId, tip, now);
      } else channel.addJob(present);
      miner.notifiedMs = now.monotonicMs;
      to.push(miner.connection);
    }
    this.#checkCoinbase(future);
    const line = notifyLine(notifyOf(future, work.tip, maxNtime(work, now.monotonicMs), clean));
    this.#outbox.push({ type: 'miner-send', to, line });
    this.#outbox.event({ type: 'job', miners: to.length, cleanJobs: clean, reason });
  }

  /** Another difficulty may be due: if so, the same work again, so that it holds from a job on. */
  retell(miner: Miner, now: Now): void {
    const { source } = miner;
    if (source?.work === undefined || !miner.isReady || miner.notifiedMs === undefined) return;
    source.needsUpdate = true;
    const { target } = source.work;
    const upstream = { target, told: toldDifficulty(target, 'down') };
    const { difficulty } = miner.difficulty.forJob(upstream, this.#limits.maxUncreditedFactor);
    if (difficulty !== miner.told?.difficulty) this.send([miner], source, { reason: 'difficulty', clean: false }, now);
  }

  #tell(miner: Miner, told: ReturnType<typeof toldDifficulty>): void {
    if (!miner.tell(told)) return;
    const { connection } = miner;
    const { difficulty } = told;
    this.#outbox.line(miner, difficultyLine(difficulty));
    this.#outbox.event({ type: 'difficulty', connection, difficulty });
  }

  /** Warned of once, and again when it grows. */
  #checkCoinbase(template: ExtendedJobTemplate): void {
    const { maxCoinbaseBytes, extranonce2Size } = this.#options;
    const bytes = coinbaseSize(template, LOCAL_EXTRANONCE_SIZE, extranonce2Size);
    if (maxCoinbaseBytes === undefined || bytes <= Math.max(maxCoinbaseBytes, this.#largestCoinbase)) return;
    this.#largestCoinbase = bytes;
    this.#outbox.event({ type: 'coinbaseTooLarge', bytes, limit: maxCoinbaseBytes });
  }
}
