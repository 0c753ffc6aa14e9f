import type { FrameKind, SendOptions } from './events.ts';

interface Entry {
  frame: Uint8Array;
  readonly kind: FrameKind;
  /** Of a job that later ones may supersede. */
  readonly channelId: number | undefined;
  dropped: boolean;
}

/** Entries that were taken or dropped before the array is cut. */
const COMPACT_AT = 1_024;
const NOTHING = new Uint8Array(0);

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

  /** What is remembered: frames, those that were taken or dropped and not forgotten yet, and channels with a job. */
  get remembered(): number {
    return this.#entries.length + this.#currentJobs.size;
  }

  /** Returns how many superseded frames it dropped. */
  push(frame: Uint8Array, { kind = 'control', channelId }: SendOptions = {}): number {
    const entry: Entry = { frame, kind, channelId, dropped: false };
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
  take(maxBytes: number): readonly Uint8Array[] {
    if (this.#entries.length === 1 && this.#frames === 1) {
      const { frame } = this.#entries.pop()!;
      this.clear();
      return [frame];
    }
    const frames: Uint8Array[] = [];
    let size = 0;
    while (this.#head < this.#entries.length) {
      const entry = this.#entries[this.#head]!;
      if (!entry.dropped) {
        if (frames.length > 0 && size + entry.frame.length > maxBytes) break;
        frames.push(entry.frame);
        size += entry.frame.length;
        this.#forgetJob(entry);
        // Whatever is on its way can no longer be dropped.
        entry.dropped = true;
      }
      this.#head++;
    }
    this.#bytes -= size;
    this.#frames -= frames.length;
    if (this.#frames === 0) this.clear();
    else this.#compact();
    return frames;
  }

  clear(): void {
    if (this.#entries.length > 0) this.#entries = [];
    this.#head = 0;
    this.#bytes = 0;
    this.#frames = 0;
    // Clearing makes a new table, and mostly there is nothing to clear.
    if (this.#currentJobs.size > 0) this.#currentJobs.clear();
  }

  #dropJob(channelId: number): number {
    const job = this.#currentJobs.get(channelId);
    if (job === undefined) return 0;
    this.#currentJobs.delete(channelId);
    if (job.dropped) return 0;
    job.dropped = true;
    this.#bytes -= job.frame.length;
    this.#frames--;
    // Broadcast frames are shared: a peer that does not read must not keep them.
    job.frame = NOTHING;
    this.#compact();
    return 1;
  }

  /** It is on its way: nothing supersedes it any more. */
  #forgetJob(entry: Entry): void {
    if (entry.kind !== 'job' || entry.channelId === undefined) return;
    if (this.#currentJobs.get(entry.channelId) === entry) this.#currentJobs.delete(entry.channelId);
  }

  /** What was taken or dropped is less than half of the array, or little. */
  #compact(): void {
    const idle = this.#entries.length - this.#frames;
    if (idle < COMPACT_AT || idle < this.#frames) return;
    this.#entries = this.#entries.slice(this.#head).filter(({ dropped }) => !dropped);
    this.#head = 0;
  }

  #insertAheadOfAcknowledgements(entry: Entry): void {
    let at = this.#entries.length;
    while (at > this.#head && this.#entries[at - 1]!.kind === 'acknowledgement') at--;
    this.#entries.splice(at, 0, entry);
  }
}
