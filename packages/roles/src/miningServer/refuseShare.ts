import { encodeFrame } from '@stratumkit/framing';
import { SubmitSharesError, type SubmitSharesErrorCode } from '@stratumkit/messages/mining';
import type { ConnectionId, SendOutput } from '../output.ts';
import type { MiningEvent } from './events.ts';

export interface RefusedShare {
  readonly connection: ConnectionId;
  readonly channelId: number;
  /** Undefined if the channel is unknown. */
  readonly userIdentity: string | undefined;
  readonly worker: string | undefined;
  readonly sequenceNumber: number;
  readonly jobId: number;
}

/** The answer to a share that does not count, and the event. */
export function refuseShare(
  share: RefusedShare,
  errorCode: SubmitSharesErrorCode,
): readonly [SendOutput, { readonly type: 'event'; readonly event: MiningEvent }] {
  const { connection, channelId, sequenceNumber } = share;
  const frame = encodeFrame(SubmitSharesError, { channelId, sequenceNumber, errorCode });
  return [
    { type: 'send', to: [connection], frame, kind: 'acknowledgement', channelId },
    { type: 'event', event: { type: 'shareRejected', ...share, errorCode } },
  ];
}
