import { bigintToTarget, compareTargets, MAX_TARGET } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { channelIdentity } from '@stratumkit/translation';
import type { ClientChannel } from '../miningClient/clientChannel.ts';
import type { TrunkRequest, UpstreamSession, WorkUpstream } from '../upstreamList/index.ts';
import type { Miner } from './miner.ts';
import { LOCAL_EXTRANONCE_SIZE } from './minerTable.ts';
import type { Outbox } from './outbox.ts';
import type { TranslatorCoreOptions, TranslatorLimits } from './translatorTypes.ts';
import { WorkSource } from './workSource.ts';

const ANY_TARGET = bigintToTarget(MAX_TARGET);

/** The upstream channels that give work, and the requests for more. */
export class SourceTable {
  readonly #options: TranslatorCoreOptions;
  readonly #limits: TranslatorLimits;
  readonly #outbox: Outbox;
  readonly #localSize: number;
  readonly #sources = new Map<ClientChannel, WorkSource>();
  /** Channels asked for, by request id; all on the active session. */
  readonly #openings = new Map<number, Miner>();

  constructor(options: TranslatorCoreOptions, limits: TranslatorLimits, outbox: Outbox) {
    this.#options = options;
    this.#limits = limits;
    this.#outbox = outbox;
    this.#localSize = LOCAL_EXTRANONCE_SIZE + options.extranonce2Size;
  }

  values(): IterableIterator<WorkSource> {
    return this.#sources.values();
  }

  get(channel: ClientChannel): WorkSource | undefined {
    return this.#sources.get(channel);
  }

  /** The channel that every upstream is asked for: that of all miners, or only a sign that there is work. */
  trunkRequest(miners: Iterable<Miner>): TrunkRequest {
    const extranonceSizes = [this.#localSize];
    if (!this.#options.aggregateChannels) return { nominalHashrate: 0, maxTarget: ANY_TARGET, extranonceSizes };
    const all = [...miners];
    const known = all.filter(({ firstWorker }) => firstWorker !== undefined);
    const claim = this.#claim(known);
    // Somebody is there who has not said a name yet; without anybody it is 0 (spec 5.3.2).
    const guess = all.length > 0 ? this.#options.difficulty.minerHashrate : 0;
    return { ...claim, nominalHashrate: claim.nominalHashrate || guess, extranonceSizes };
  }

  /** Whether the first work of an upstream pays what it should. */
  trunkPays(session: UpstreamSession): boolean {
    const { trunk } = session;
    if (this.#options.verifyPayout !== true || trunk?.work === undefined) return true;
    return new WorkSource(session, trunk, this.#localSize).pays(trunk.work);
  }

  /** The source behind an upstream's trunk channel. */
  trunkOf(session: UpstreamSession): WorkSource {
    const trunk = session.trunk!;
    const known = this.#sources.get(trunk);
    if (known !== undefined) return known;
    return this.#add(session, trunk, undefined, this.#options.aggregateChannels);
  }

  /** Asks for a channel of the miner's own. */
  openFor(miner: Miner, session: UpstreamSession<WorkUpstream>): void {
    const { requestId, output } = session.client.open({
      kind: 'extended',
      userIdentity: channelIdentity(session.upstream.userIdentity, miner.firstWorker!),
      minExtranonceSize: this.#localSize,
      ...this.#claim([miner]),
    });
    miner.openingId = requestId;
    this.#openings.set(requestId, miner);
    const { frame, kind } = output;
    this.#outbox.push({ type: 'upstream-send', connection: session.connection, frame, kind });
  }

  /** The miner that waits for this answer, which it does not any more. */
  takeOpening(requestId: number): Miner | undefined {
    const miner = this.#openings.get(requestId);
    if (miner !== undefined) this.cancelOpening(miner);
    return miner;
  }

  /** The miner is gone; an answer may still come. */
  cancelOpening(miner: Miner): void {
    if (miner.openingId !== undefined) this.#openings.delete(miner.openingId);
    miner.openingId = undefined;
  }

  /** Another session is the active one: answers of the one before are of no use. */
  forgetOpenings(): void {
    for (const miner of [...this.#openings.values()]) this.cancelOpening(miner);
  }

  opened(session: UpstreamSession, channel: ClientChannel, miner: Miner): WorkSource {
    return this.#add(session, channel, miner, true);
  }

  close(source: WorkSource): void {
    this.forget(source);
    this.giveBack(source.session, source.channel);
  }

  /** The upstream need not keep this channel for us. */
  giveBack(session: UpstreamSession, channel: ClientChannel): void {
    const { connection } = session;
    if (session.stage === 'ended' || session.client.channels.get(channel.channelId) !== channel) return;
    const { frame, kind } = session.client.close(channel.channelId, 'miner-gone');
    this.#outbox.push({ type: 'upstream-send', connection, frame, kind });
    this.#outbox.push({ type: 'upstream-channels', connection, open: session.client.channels.size });
  }

  /** Shares that it has not answered it never will. */
  forget(source: WorkSource): void {
    if (!this.#sources.delete(source.channel)) return;
    const shares = source.giveUp();
    if (shares > 0) this.#outbox.event({ type: 'sharesUnknown', shares });
  }

  ended(session: UpstreamSession): void {
    for (const source of [...this.#sources.values()]) if (source.session === session) this.forget(source);
  }

  /** Tells the upstream of changed hashrates, for each channel no more often than `updateMs`. */
  tick(now: Now): void {
    for (const source of this.#sources.values()) this.#update(source, now);
  }

  #update(source: WorkSource, now: Now): void {
    if (!source.needsUpdate || now.monotonicMs - source.updatedMs < this.#limits.updateMs) return;
    const { session, channel } = source;
    const isTrunk = channel === session.trunk;
    if (session.stage !== 'serving' || !session.holds(channel)) return;
    if (isTrunk !== this.#options.aggregateChannels) return;
    source.needsUpdate = false;
    source.updatedMs = now.monotonicMs;
    const { nominalHashrate, maxTarget } = this.#claim(source.miners);
    const { frame, kind } = session.client.update(channel.channelId, nominalHashrate, maxTarget);
    this.#outbox.push({ type: 'upstream-send', connection: session.connection, frame, kind });
  }

  #add(session: UpstreamSession, channel: ClientChannel, miner: Miner | undefined, isTold: boolean): WorkSource {
    const source = new WorkSource(session, channel, this.#localSize, this.#options.versionMask);
    this.#sources.set(channel, source);
    const { channelId, userIdentity } = channel;
    const connection = miner?.connection;
    if (isTold) this.#outbox.event({ type: 'upstreamChannelOpened', channelId, userIdentity, connection });
    return source;
  }

  /**
   * What miners have together, and the hardest of their targets: an upstream target above it would credit a share with less than
   * it is worth.
   */
  #claim(miners: Iterable<Miner>): { readonly nominalHashrate: number; readonly maxTarget: Uint8Array } {
    let nominalHashrate = 0;
    let maxTarget = ANY_TARGET;
    for (const { difficulty } of miners) {
      nominalHashrate += difficulty.claimedHashrate;
      const target = difficulty.claimedTarget;
      if (this.#options.difficulty.vardiff && compareTargets(target, maxTarget) < 0) maxTarget = target;
    }
    return { nominalHashrate, maxTarget };
  }
}
