import type { ConnectionId, FrameKind, SendOutput } from '../output.ts';

/** Collects the frames of one broadcast. Connections for which the frame is the same share it. */
export class FanOut {
  readonly #kind: FrameKind;
  readonly #byKey = new Map<string, { readonly frame: Uint8Array; readonly channelId: number; to: ConnectionId[] }>();

  constructor(kind: FrameKind) {
    this.#kind = kind;
  }

  /** `subject` names what the frame says to `channelId`; `encode` is called for the first connection only. */
  add(connection: ConnectionId, channelId: number, subject: string | number, encode: () => Uint8Array): void {
    const key = `${subject}:${channelId}`;
    const entry = this.#byKey.get(key);
    if (entry === undefined) this.#byKey.set(key, { frame: encode(), channelId, to: [connection] });
    else entry.to.push(connection);
  }

  /** What was added since the last call; the order of the first connection of each frame is kept. */
  take(): SendOutput[] {
    const outputs: SendOutput[] = [];
    for (const entry of this.#byKey.values()) {
      const { to, frame, channelId } = entry;
      if (to.length === 0) continue;
      entry.to = [];
      outputs.push({ type: 'send', to, frame, kind: this.#kind, channelId });
    }
    return outputs;
  }
}
