import { type Now, UsageError } from '@stratumkit/codec';
import type { ChainTip } from '../chainTip.ts';
import { createShareTarget } from '../difficulty/shareTarget.ts';
import type { ExtendedJobTemplate } from '../jobs/job.ts';
import type { MiningChannel } from './miningChannel.ts';

/**
 * Members that are addressed together (spec 5.2.3). Whatever is sent to the group is noted in each member, so that a member is
 * judged by the jobs it really got, whenever it joined.
 */
export class GroupChannel {
  readonly groupChannelId: number;
  /** Of every member: the scriptSig length in the coinbase prefix depends on it. */
  readonly fullExtranonceSize: number;
  readonly #members = new Map<number, MiningChannel>();

  constructor(groupChannelId: number, fullExtranonceSize: number) {
    this.groupChannelId = groupChannelId;
    this.fullExtranonceSize = fullExtranonceSize;
  }

  get members(): ReadonlyMap<number, MiningChannel> {
    return this.#members;
  }

  /**
   * The new member has none of the group's jobs: send it a future job of its own and activate that. Throws UsageError
   * `group-extranonce-size` for a full extranonce of another size (spec 5.2.3), `channel-id-in-use` for the group's own id.
   */
  add(channel: MiningChannel): void {
    if (channel.fullExtranonceSize !== this.fullExtranonceSize)
      throw new UsageError('group-extranonce-size', 'members of a group share one full extranonce size', {
        context: {
          groupChannelId: this.groupChannelId,
          channelId: channel.channelId,
          size: channel.fullExtranonceSize,
          expected: this.fullExtranonceSize,
        },
      });
    if (channel.channelId === this.groupChannelId)
      throw new UsageError('channel-id-in-use', 'a group and a channel cannot have the same id', {
        context: { channelId: channel.channelId },
      });
    this.#members.set(channel.channelId, channel);
  }

  /** Returns false if it was no member. */
  remove(channelId: number): boolean {
    return this.#members.delete(channelId);
  }

  /** A `NewExtendedMiningJob` to the group. To members that have the job already it says nothing new. */
  addJob(template: ExtendedJobTemplate): void {
    for (const member of this.#members.values()) if (member.job(template.jobId) === undefined) member.addJob(template);
  }

  /**
   * A `SetNewPrevHash` to the group. Returns the members that never got this future job: nothing changed for them, and they need
   * a future job and a SetNewPrevHash of their own.
   */
  activate(jobId: number, tip: ChainTip, now: Now): readonly MiningChannel[] {
    return [...this.#members.values()].filter((member) => !member.activate(jobId, tip, now));
  }

  /** A `SetTarget` to the group. */
  setTarget(target: Uint8Array): void {
    const shared = createShareTarget(target);
    for (const member of this.#members.values()) member.setTarget(shared);
  }
}
