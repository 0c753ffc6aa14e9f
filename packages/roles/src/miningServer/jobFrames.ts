import type { ChainTip, ExtendedJobTemplate, StandardChannel } from '@stratumkit/channels';
import { encodeFrame } from '@stratumkit/framing';
import { NewExtendedMiningJob, NewMiningJob, SetNewPrevHash } from '@stratumkit/messages/mining';

/** For an extended channel or a group. */
export function extendedJobFrame(channelId: number, job: ExtendedJobTemplate): Uint8Array {
  return encodeFrame(NewExtendedMiningJob, {
    channelId,
    jobId: job.jobId,
    minNtime: job.minNtime,
    version: job.version,
    versionRollingAllowed: job.versionRollingAllowed,
    merklePath: job.merklePath,
    coinbaseTxPrefix: job.coinbasePrefix,
    coinbaseTxSuffix: job.coinbaseSuffix,
  });
}

/** The channel must have the job already. */
export function standardJobFrame(channel: StandardChannel, job: ExtendedJobTemplate): Uint8Array {
  return encodeFrame(NewMiningJob, {
    channelId: channel.channelId,
    jobId: job.jobId,
    minNtime: job.minNtime,
    version: job.version,
    merkleRoot: channel.merkleRoot(job.jobId),
  });
}

export function prevHashFrame(channelId: number, jobId: number, tip: ChainTip): Uint8Array {
  const { prevHash, minNtime, nbits } = tip;
  return encodeFrame(SetNewPrevHash, { channelId, jobId, prevHash, minNtime, nbits });
}
