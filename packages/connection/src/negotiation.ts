import type { ReadyEvent } from './events.ts';
import type { Rejection } from './setup.ts';

/** What SetupConnection and the extension negotiation bring about, in this order. */
export interface NegotiationStep {
  readonly send?: Uint8Array;
  readonly rejection?: Rejection;
  /** Both sides have agreed. */
  readonly ready?: ReadyEvent;
  /** A negotiation after `ready` changed the extensions. */
  readonly renegotiated?: true;
  /** What the connection now waits for: in the state `negotiating`, but for `renegotiation`, which leaves it open. */
  readonly awaits?: 'first-message' | 'required-extensions' | 'extension-answer' | 'renegotiation';
  /** The message is the role's, too. */
  readonly isForRole?: true;
}

/** One side's part until a connection is open: names the messages it takes, and what follows from them. */
export interface Negotiation {
  /** The frame to begin with. */
  readonly opening: Uint8Array | undefined;
  /** Agreed so far. */
  readonly extensions: ReadonlySet<number>;
  /** Whether a message may come now; messages of the subprotocol have no say before `setup` is over. An unknown one has no name. */
  expects(messageName: string | undefined, isSetUp: boolean, extensionType: number): boolean;
  /** Undefined for a message that is not part of the negotiation. */
  handle(messageName: string, value: unknown): NegotiationStep | undefined;
  /** Ends the negotiation with whatever was agreed: the peer went on to something else. */
  conclude(): NegotiationStep;
}
