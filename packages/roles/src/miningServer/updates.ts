import { chooseTarget, type TargetPolicy } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import { UPDATE_CHANNEL_ERROR_CODES, type UpdateChannel, UpdateChannelError } from '@stratumkit/messages/mining';
import { NO_OUTPUTS } from '../output.ts';
import type { ChannelOperations } from './operations.ts';
import type { Peer, ServedChannel } from './peer.ts';
import type { Retargeting } from './retargeting.ts';
import type { MiningServerOutput } from './types.ts';

interface PendingUpdate {
  readonly nominalHashrate: number;
  readonly maxTarget: Uint8Array;
  readonly dueMs: number;
}

/**
 * `UpdateChannel` (spec 5.3.7). The first one is heeded at once; of those that follow within the interval only the last, when the
 * interval is over: each may cost a target and a job, and a client may ask as often as it likes.
 */
export class Updates {
  readonly #targets: TargetPolicy;
  readonly #operations: ChannelOperations;
  readonly #retargeting: Retargeting | undefined;
  readonly #intervalMs: number;
  /** When an update of an open channel was heeded last. */
  readonly #heededMs = new Map<ServedChannel, number>();
  /** The first is always the next. */
  readonly #pending = new Map<ServedChannel, PendingUpdate>();

  constructor(
    targets: TargetPolicy,
    operations: ChannelOperations,
    retargeting: Retargeting | undefined,
    intervalMs: number,
  ) {
    this.#targets = targets;
    this.#operations = operations;
    this.#retargeting = retargeting;
    this.#intervalMs = intervalMs;
  }

  get deadline(): number | undefined {
    if (this.#pending.size === 0) return undefined;
    const [first] = this.#pending.values();
    return first?.dueMs;
  }

  receive(peer: Peer, { channelId, nominalHashRate, maximumTarget }: UpdateChannel, now: Now): MiningServerOutput[] {
    const served = peer.channels.get(channelId);
    if (served === undefined) return [refuse(peer, channelId, UPDATE_CHANNEL_ERROR_CODES.invalidChannelId)];
    const choice = chooseTarget(this.#targets, nominalHashRate, maximumTarget);
    if (choice.outcome === 'refused') return [refuse(peer, channelId, choice.errorCode)];
    const maxTarget = maximumTarget.slice();
    const heededMs = this.#heededMs.get(served) ?? Number.NEGATIVE_INFINITY;
    const waiting = this.#pending.get(served);
    if (waiting === undefined && now.monotonicMs >= heededMs + this.#intervalMs)
      return this.#heed(served, nominalHashRate, maxTarget, now);
    const dueMs = waiting?.dueMs ?? now.monotonicMs + this.#intervalMs;
    this.#pending.set(served, { nominalHashrate: nominalHashRate, maxTarget, dueMs });
    return [];
  }

  tick(now: Now): readonly MiningServerOutput[] {
    if (this.#pending.size === 0) return NO_OUTPUTS;
    const outputs: MiningServerOutput[] = [];
    for (const [served, { nominalHashrate, maxTarget, dueMs }] of this.#pending) {
      if (dueMs > now.monotonicMs) break;
      this.#pending.delete(served);
      outputs.push(...this.#heed(served, nominalHashrate, maxTarget, now));
    }
    return outputs;
  }

  close(served: ServedChannel): void {
    this.#pending.delete(served);
    this.#heededMs.delete(served);
  }

  /** A smaller maximum MUST be honoured; the new target then follows from both numbers like at the opening. */
  #heed(served: ServedChannel, nominalHashrate: number, maxTarget: Uint8Array, now: Now): MiningServerOutput[] {
    this.#heededMs.set(served, now.monotonicMs);
    served.nominalHashrate = nominalHashrate;
    served.maxTarget = maxTarget;
    const { peer, channel, userIdentity } = served;
    const origin = { connection: peer.connection, channelId: channel.channelId, userIdentity };
    const updated: MiningServerOutput = {
      type: 'event',
      event: { type: 'channelUpdated', ...origin, nominalHashrate, maxTarget },
    };
    return [updated, ...this.#retarget(served, now)];
  }

  #retarget(served: ServedChannel, now: Now): readonly MiningServerOutput[] {
    if (this.#retargeting?.has(served)) return this.#retargeting.update(served, now);
    const choice = chooseTarget(this.#targets, served.nominalHashrate, served.maxTarget);
    return choice.outcome === 'refused' ? [] : this.#operations.setTarget(served, choice.target, now);
  }
}

function refuse({ connection }: Peer, channelId: number, errorCode: string): MiningServerOutput {
  const frame = encodeFrame(UpdateChannelError, { channelId, errorCode });
  return { type: 'send', to: [connection], frame, kind: 'reply', channelId };
}
