import type { ConnectionId, FrameKind, SendOutput } from '../output.ts';

interface Entry {
  readonly frame: Uint8Array;
  readonly channelId: number;
  to: ConnectionId[];
}

/** Collects the frames of one broadcast. Connections for which the frame is the same share it. */
export class FanOut {
  readonly #kind: FrameKind;
  readonly #byKey = new Map<string, Entry>();
  /** Entries with recipients, in the order of the first one. */
  #waiting: Entry[] = [];

  constructor(kind: FrameKind) {
    this.#kind = kind;
  }

  /** `subject` names what the frame says to `channelId`; `encode` is called for the first connection only. */
  add(connection: ConnectionId, channelId: number, subject: string | number, encode: () => Uint8Array): void {
    const key = `${subject}:${channelId}`;
    let entry = this.#byKey.get(key);
    if (entry === undefined) {
      entry = { frame: encode(), channelId, to: [] };
      this.#byKey.set(key, entry);
    }
    if (entry.to.length === 0) this.#waiting.push(entry);
    entry.to.push(connection);
  }

  /** What was added since the last call; the order of the first connection of each frame is kept. */
  take(): SendOutput[] {
    const outputs = this.#waiting.map((entry): SendOutput => {
      const { to, frame, channelId } = entry;
      entry.to = [];
      return { type: 'send', to, frame, kind: this.#kind, channelId };
    });
    this.#waiting = [];
    return outputs;
  }
}
