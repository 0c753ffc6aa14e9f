import type { Accepted, Counter } from './foundShare.ts';
import { KeySet } from './keySet.ts';
import type { HashKey } from './keys.ts';

/** What a server says of a connection and of itself. */
export interface ServerView {
  readonly tip: HashKey;
  /** Virtual time since which its work comes from where it comes from now. */
  readonly switchedMs: number;
  /** Of the connection; none while everybody is turned away. */
  readonly openChannels: number;
  /** How often the connection was told a tip. */
  readonly tipsTold: number;
  /** The channel is between two upstreams: its jobs are those of the one before, even where the tip is the same. */
  readonly isMoving: boolean;
}

/** What a running pool owes, or a relay. */
export class ServerBook {
  /** By a relay. */
  readonly counted = new KeySet(16);
  readonly accepted = new Map<HashKey, Accepted>();
  /** By connection, by channel. */
  readonly counters = new Map<number, Map<number, Counter>>();

  counter(connection: number, channelId: number): Counter {
    let channels = this.counters.get(connection);
    if (channels === undefined) {
      channels = new Map();
      this.counters.set(connection, channels);
    }
    let counter = channels.get(channelId);
    if (counter === undefined) {
      counter = { durable: 0, acknowledged: 0 };
      channels.set(channelId, counter);
    }
    return counter;
  }
}
