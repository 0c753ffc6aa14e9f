import type { Frame, TlvField } from '@stratumkit/framing';
import type { MessagesByProtocol, Protocol } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import type { CloseCause, CloseDetail } from './closeCause.ts';

/** Setup is done: messages may be sent and will come. */
export interface ReadyEvent {
  readonly type: 'ready';
  /** The client's request, on both sides. */
  readonly setup: SetupConnection;
  /** Flags of SetupConnection.Success. */
  readonly flags: number;
  /** Extensions that both sides agreed on. */
  readonly extensions: ReadonlySet<number>;
}

/** A message for the role. Byte fields are views into what was received: copy what is kept. */
export interface MessageEvent<P extends Protocol = Protocol> {
  readonly type: 'message';
  /** Its byte fields are views: copy what is to be kept. */
  readonly message: MessagesByProtocol[P];
  /** TLV fields of negotiated extensions. */
  readonly tlvs: readonly TlvField[];
}

/** The last event of a connection. */
export interface ClosedEvent {
  readonly type: 'closed';
  readonly cause: CloseCause;
  readonly detail: CloseDetail;
}

/** What a connection reports, in this order: `ready` once, then anything, `closed` last. `closed` may come first. */
export type ConnectionEvent<P extends Protocol = Protocol> =
  | ReadyEvent
  | MessageEvent<P>
  /** A later negotiation changed the extensions. */
  | { readonly type: 'extensions'; readonly extensions: ReadonlySet<number> }
  /**
   * A frame of an extension nobody here defines. With the channel bit it is for the channel's endpoint and a proxy passes it
   * on (spec 3.4.1); everybody else drops it.
   */
  | { readonly type: 'foreign'; readonly frame: Frame }
  /** A message that changes nothing: of a type unknown here, or one that this side never receives. For the log. */
  | { readonly type: 'ignored'; readonly extensionType: number; readonly messageType: number }
  | ClosedEvent;

/** What a frame is for: the send queue drops and reorders by it. */
export type FrameKind =
  /** A job to start at once; a later one for the same channel supersedes it. */
  | 'job'
  | 'futureJob'
  | 'prevHash'
  | 'target'
  /** SubmitShares.Success and SubmitShares.Error. */
  | 'acknowledgement'
  | 'reply'
  | 'control';

/** What a frame is for, so that the send queue may reorder it or drop it for a newer one. */
export interface SendOptions {
  /** Default `control`: keeps its place and is never dropped. */
  readonly kind?: FrameKind;
  /** Channel or group the frame is addressed to. */
  readonly channelId?: number;
}

/**
 * In this order. Without encryption there is no `handshake`; `negotiating` only while the other side has a say about extensions
 * (extension 0x0001).
 */
export type ConnectionState = 'handshake' | 'setup' | 'negotiating' | 'open' | 'closed';

/** Totals over the life of a connection. */
export interface ConnectionCounters {
  bytesReceived: number;
  bytesSent: number;
  framesReceived: number;
  framesSent: number;
  /** Superseded jobs that were dropped from the send queue. */
  framesDropped: number;
  /** Frames whose channel bit was not that of their definition. */
  wrongChannelBit: number;
  unknownMessages: number;
  /** Frames with bytes behind the last field that no negotiated extension explains. */
  unexplainedTrailingBytes: number;
}
