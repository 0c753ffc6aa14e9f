import type { Now } from '@stratumkit/codec';
import type { ExtendedShare, ShareResult } from '../shares/share.ts';
import { type ChannelOptions, MiningChannel } from './miningChannel.ts';

/** What an extended channel is opened with (spec 5.3.5). */
export interface ExtendedChannelOptions extends ChannelOptions {
  /** Bytes the downstream rolls, as granted at the opening. */
  readonly extranonceSize: number;
}

/** The downstream rolls a part of the extranonce (spec 5.2.2). */
export class ExtendedChannel extends MiningChannel {
  readonly type = 'extended';

  constructor(options: ExtendedChannelOptions) {
    super(options, options.extranonceSize);
  }

  validateShare(share: ExtendedShare, now: Now): ShareResult {
    return this.validate(share, share.extranonce, now);
  }
}
