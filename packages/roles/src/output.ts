/** Given by whoever runs the machine; never used again for another connection. */
export type ConnectionId = number;

/** What a frame is, so that a full send queue can drop what is superseded. */
export type FrameKind = 'job' | 'futureJob' | 'prevHash' | 'target' | 'acknowledgement' | 'reply' | 'control';

/** One frame for any number of connections: encoded once, sealed for each. Never mutated. */
export interface SendOutput {
  readonly type: 'send';
  readonly to: readonly ConnectionId[];
  readonly frame: Uint8Array;
  readonly kind: FrameKind;
  readonly channelId?: number;
}

export interface CloseOutput {
  readonly type: 'close';
  readonly to: ConnectionId;
  readonly reason: string;
}
