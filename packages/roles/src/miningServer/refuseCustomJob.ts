import { encodeFrame } from '@stratumkit/framing';
import {
  SET_CUSTOM_MINING_JOB_ERROR_CODES,
  type SetCustomMiningJob,
  SetCustomMiningJobError,
} from '@stratumkit/messages/mining';
import type { ConnectionId, SendOutput } from '../output.ts';

/** Custom jobs need a job declarator. */
export function refuseCustomJob(
  connection: ConnectionId,
  { channelId, requestId }: Pick<SetCustomMiningJob, 'channelId' | 'requestId'>,
): SendOutput {
  const errorCode = SET_CUSTOM_MINING_JOB_ERROR_CODES.jdNotSupported;
  const frame = encodeFrame(SetCustomMiningJobError, { channelId, requestId, errorCode });
  return { type: 'send', to: [connection], frame, kind: 'reply', channelId };
}
