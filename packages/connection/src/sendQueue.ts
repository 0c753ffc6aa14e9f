import type { FrameKind, SendOptions } from './events.ts';

interface Entry {
  readonly frame: Uint8Array;
  readonly kind: FrameKind;
  dropped: boolean;
}

/** Entries taken from the front before the array is cut. */
const COMPACT_AT = 1_024;

/**
 * Plaintext frames on their way out, in order but for two rules: a job that a later job or prevHash for the same channel
 * supersedes is dropped, and a prevHash goes ahead of acknowledgements.
 */
export class SendQueue {
  #entries: Entry[] = [];
  #head = 0;
  /** The one job per channel that nothing supersedes yet. */
  readonly #currentJobs = new Map<number, Entry>();
  #bytes = 0;
  #frames = 0;

  get bytes(): number {
    return this.#bytes;
  }

  get frames(): number {
    return this.#frames;
  }

  /** Returns how many superseded frames it dropped. */
  push(frame: Uint8Array, { kind = 'control', channelId }: SendOptions = {}): number {
    const entry: Entry = { frame, kind, dropped: false };
    let dropped = 0;
    if (channelId !== undefined && (kind === 'job' || kind === 'prevHash')) {
      dropped = this.#dropJob(channelId);
      if (kind === 'job') this.#currentJobs.set(channelId, entry);
    }
    if (kind === 'prevHash') this.#insertAheadOfAcknowledgements(entry);
    else this.#entries.push(entry);
    this.#bytes += frame.length;
    this.#frames++;
    return dropped;
  }

  /** Takes frames from the front until their sizes reach `maxBytes`; at least one if there is one. */
  take(maxBytes: number): Uint8Array[] {
    const frames: Uint8Array[] = [];
    let size = 0;
    while (this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head]!;
      if (!entry.dropped) {
        if (frames.length > 0 && size + entry.frame.length > maxBytes) break;
        frames.push(entry.frame);
        size += entry.frame.length;
        // Whatever is on its way can no longer be dropped.
        entry.dropped = true;
      }
      this.#head++;
    }
    this.#bytes -= size;
    this.#frames -= frames.length;
    if (this.#frames === 0) this.clear();
    else if (this.#head >= COMPACT_AT) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return frames;
  }

  clear(): void {
    this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#frames = 0;
    this.#currentJobs.clear();
  }

  #dropJob(channelId: number): number {
    const job = this.#currentJobs.get(channelId);
    if (job === undefined) return 0;
    this.#currentJobs.delete(channelId);
    if (job.dropped) return 0;
    job.dropped = true;
    this.#bytes -= job.frame.length;
    this.#frames--;
    return 1;
  }

  #insertAheadOfAcknowledgements(entry: Entry): void {
    let at = this.#entries.length;
    while (at > this.#head && this.#entries[at - 1]!.kind === 'acknowledgement') at--;
    this.#entries.splice(at, 0, entry);
  }
}
