import type { NotifyParams } from '@stratumkit/sv1';
import type { ActiveWork, ClientTip } from '../miningClient/work.ts';

/** What a device needs beside a job to mine it. */
export interface Sv1JobTerms {
  /** Names the job inside the device: ids of the server are text, and may come again. */
  readonly number: number;
  readonly extranonce1: Uint8Array;
  readonly extranonce2Size: number;
  readonly target: Uint8Array;
  readonly tip: ClientTip;
  readonly rollsVersion: boolean;
}

/** A job as the search knows work. */
export function workOf(job: NotifyParams, terms: Sv1JobTerms): ActiveWork {
  const { number, extranonce1, extranonce2Size, target, tip, rollsVersion } = terms;
  return {
    channelId: 0,
    job: {
      jobId: number,
      version: job.version,
      versionRollingAllowed: rollsVersion,
      source: {
        type: 'coinbase',
        merklePath: job.merklePath,
        coinbasePrefix: job.coinbase1,
        coinbaseSuffix: job.coinbase2,
      },
      extranoncePrefix: extranonce1,
    },
    tip,
    minNtime: job.ntime,
    target,
    extranonceSize: extranonce2Size,
  };
}

/**
 * The tip of a job: the one in hand if it is the same block, so that a search goes on where it stood. A device that does not roll
 * the time treats it as told in a future that never comes.
 */
export function tipOf(
  { prevHash, nbits, ntime }: NotifyParams,
  present: ClientTip | undefined,
  receivedMs: number,
): ClientTip {
  const isSame =
    present !== undefined &&
    present.nbits === nbits &&
    present.prevHash.every((byte, index) => byte === prevHash[index]);
  return isSame ? present : { prevHash, nbits, minNtime: ntime, receivedMs };
}

/** Length of the whole coinbase transaction. */
export function coinbaseBytes(job: NotifyParams, extranonceSize: number): number {
  return job.coinbase1.length + extranonceSize + job.coinbase2.length;
}
