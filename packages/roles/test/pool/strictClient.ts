import { foldMerklePath, headerHash, joinCoinbase, meetsTarget, portableHash } from '@stratumkit/bitcoin';
import type { MiningMessage } from '@stratumkit/messages';
import type { SubmitSharesExtended } from '@stratumkit/messages/mining';

interface ClientJob {
  state: 'future' | 'active' | 'past' | 'stale';
  version: number;
  merkleRoot?: Uint8Array;
  path: readonly Uint8Array[];
  prefix: Uint8Array;
  suffix: Uint8Array;
  extranoncePrefix: Uint8Array;
  target: Uint8Array;
  minNtime: number;
  prevHash: Uint8Array;
  nbits: number;
}

export interface ClientChannel {
  id: number;
  kind: 'standard' | 'extended';
  group: number;
  extranoncePrefix: Uint8Array;
  extranonceSize: number;
  target: Uint8Array;
  jobs: Map<number, ClientJob>;
  active: number | undefined;
  tip: { prevHash: Uint8Array; nbits: number; minNtime: number } | undefined;
  sequence: number;
}

/** A share as it goes over the wire; a standard channel's has an empty extranonce. */
export type MinedShare = SubmitSharesExtended;

const MAX_HASHES = 20_000;

/** What a client knows, from the frames it got and nothing else. Throws when the server breaks a rule of spec 5.3. */
export class StrictClient {
  readonly channels = new Map<number, ClientChannel>();

  receive({ name, value }: MiningMessage): void {
    switch (name) {
      case 'OpenStandardMiningChannel.Success':
      case 'OpenExtendedMiningChannel.Success': {
        if (this.channels.has(value.channelId)) throw new Error(`channel ${value.channelId} twice`);
        for (const other of this.channels.values())
          if (other.group === value.channelId || value.groupChannelId === other.id)
            throw new Error('a group and a channel with one id');
        this.channels.set(value.channelId, {
          id: value.channelId,
          kind: 'extranonceSize' in value ? 'extended' : 'standard',
          group: value.groupChannelId,
          extranoncePrefix: value.extranoncePrefix.slice(),
          extranonceSize: 'extranonceSize' in value ? value.extranonceSize : 0,
          target: value.target.slice(),
          jobs: new Map(),
          active: undefined,
          tip: undefined,
          sequence: 0,
        });
        return;
      }
      case 'NewMiningJob': {
        const channel = this.channels.get(value.channelId);
        if (channel?.kind !== 'standard') throw new Error('NewMiningJob to no standard channel');
        const { jobId, minNtime, version, merkleRoot } = value;
        const empty = new Uint8Array(0);
        const job = { version, merkleRoot: merkleRoot.slice(), path: [], prefix: empty, suffix: empty };
        this.#addJob(channel, jobId, minNtime, job);
        return;
      }
      case 'NewExtendedMiningJob':
        for (const channel of this.#addressed(value.channelId, 'extended')) {
          this.#addJob(channel, value.jobId, value.minNtime, {
            version: value.version,
            path: value.merklePath.map((node) => node.slice()),
            prefix: value.coinbaseTxPrefix.slice(),
            suffix: value.coinbaseTxSuffix.slice(),
          });
        }
        return;
      case 'SetNewPrevHash':
        for (const channel of this.#addressed(value.channelId)) {
          const job = channel.jobs.get(value.jobId);
          if (job?.state !== 'future') throw new Error(`SetNewPrevHash for job ${value.jobId}, which is no future job`);
          for (const other of channel.jobs.values()) other.state = 'stale';
          const tip = { prevHash: value.prevHash.slice(), nbits: value.nbits, minNtime: value.minNtime };
          Object.assign(job, { ...tip, state: 'active', target: channel.target });
          channel.tip = tip;
          channel.active = value.jobId;
        }
        return;
      case 'SetTarget':
        for (const channel of this.#addressed(value.channelId)) channel.target = value.maximumTarget.slice();
        return;
      case 'SetExtranoncePrefix': {
        const channel = this.channels.get(value.channelId);
        if (channel === undefined) throw new Error('SetExtranoncePrefix for an unknown channel');
        if (channel.extranoncePrefix.length !== value.extranoncePrefix.length)
          throw new Error('prefix of another size');
        channel.extranoncePrefix = value.extranoncePrefix.slice();
        return;
      }
      case 'SetGroupChannel':
        for (const id of value.channelIds) {
          const channel = this.channels.get(id);
          if (channel === undefined) throw new Error('SetGroupChannel for an unknown channel');
          channel.group = value.groupChannelId;
        }
        return;
      case 'CloseChannel':
        if (!this.channels.delete(value.channelId)) throw new Error('CloseChannel for an unknown channel');
        return;
      case 'SubmitShares.Success':
        if (!this.channels.has(value.channelId)) throw new Error('acknowledgement for an unknown channel');
        return;
      default:
        return;
    }
  }

  /** Searches the active job (or the given one) until a hash falls where it is wanted. */
  mine(
    channelId: number,
    wanted: { hit: 'share' | 'block' | 'miss'; blockTarget: Uint8Array; jobId?: number; from?: number },
  ): MinedShare {
    const channel = this.channels.get(channelId)!;
    const jobId = wanted.jobId ?? channel.active!;
    const job = channel.jobs.get(jobId)!;
    const extranonce = new Uint8Array(channel.extranonceSize).fill(0x11);
    const root =
      job.merkleRoot ??
      foldMerklePath(
        portableHash.sha256d(joinCoinbase(job.prefix, job.extranoncePrefix, extranonce, job.suffix)),
        job.path,
      );
    const { version, prevHash, nbits, minNtime: time } = job;
    const from = wanted.from ?? 0;
    for (let nonce = from; nonce < from + MAX_HASHES; nonce++) {
      const hash = headerHash({ version, prevHash, merkleRoot: root, time, nbits, nonce });
      const isBlock = meetsTarget(hash, wanted.blockTarget);
      const hit = isBlock ? 'block' : meetsTarget(hash, job.target) ? 'share' : 'miss';
      if (hit !== wanted.hit) continue;
      return { channelId, sequenceNumber: channel.sequence++, jobId, nonce, ntime: time, version, extranonce };
    }
    throw new Error(`no ${wanted.hit} in ${MAX_HASHES} hashes`);
  }

  #addressed(channelId: number, only?: 'extended'): ClientChannel[] {
    const own = this.channels.get(channelId);
    if (own !== undefined) {
      if (only !== undefined && own.kind !== only) throw new Error(`channel ${channelId} is not ${only}`);
      return [own];
    }
    const members = [...this.channels.values()].filter((channel) => channel.group === channelId && channelId !== 0);
    if (members.length === 0) throw new Error(`nobody is addressed by ${channelId}`);
    return members;
  }

  #addJob(
    channel: ClientChannel,
    jobId: number,
    minNtime: number | undefined,
    job: Pick<ClientJob, 'version' | 'merkleRoot' | 'path' | 'prefix' | 'suffix'>,
  ): void {
    if (channel.jobs.has(jobId)) throw new Error(`job id ${jobId} twice on channel ${channel.id}`);
    const { extranoncePrefix, target, tip } = channel;
    if (minNtime !== undefined) {
      if (tip === undefined) throw new Error('a job with min_ntime before any SetNewPrevHash');
      const before = channel.active === undefined ? undefined : channel.jobs.get(channel.active);
      if (before !== undefined) before.state = 'past';
      channel.active = jobId;
    }
    channel.jobs.set(jobId, {
      ...job,
      extranoncePrefix,
      target,
      state: minNtime === undefined ? 'future' : 'active',
      prevHash: tip?.prevHash ?? new Uint8Array(32),
      nbits: tip?.nbits ?? 0,
      minNtime: minNtime ?? 0,
    });
  }
}
