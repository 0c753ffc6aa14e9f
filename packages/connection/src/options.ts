import type { Protocol } from '@stratumkit/messages';
import type { SetupConnection } from '@stratumkit/messages/common';
import type { NoiseCrypto, RandomBytes, ResponderIdentity } from '@stratumkit/noise';
import type { ConnectionLimits } from './limits.ts';

/** How bytes are protected. `plain` is for tests on one machine only. */
export type ConnectionSecurity =
  | {
      readonly type: 'noise-initiator';
      readonly authorityPublicKey: Uint8Array | 'unverified';
      readonly random: RandomBytes;
      readonly crypto?: NoiseCrypto;
    }
  | {
      readonly type: 'noise-responder';
      readonly identity: ResponderIdentity;
      readonly random: RandomBytes;
      readonly crypto?: NoiseCrypto;
    }
  | { readonly type: 'plain' };

/** What a server decides about a client whose protocol, version and flags are acceptable. */
export type SetupDecision =
  | { readonly accept: true; readonly flags: number }
  /** `flags` are all those the server does not support; 0 if the reason is another (spec 3.6.3). */
  | { readonly accept: false; readonly flags: number; readonly errorCode: string };

/** The side that answers SetupConnection. */
export interface ServerSetup {
  readonly side: 'server';
  /** Asked after the checks of protocol, version and `supportedFlags`. */
  readonly policy: (request: SetupConnection) => SetupDecision;
  /** A request with any other flag is refused with all of its unsupported flags. Left to `policy` if absent. */
  readonly supportedFlags?: number;
  /** Extension types (U16); a client without a required one is refused. */
  readonly extensions?: { readonly supported: readonly number[]; readonly required?: readonly number[] };
}

/** The side that sends SetupConnection. */
export interface ClientSetup {
  readonly side: 'client';
  readonly request: SetupConnection;
  /** Judges the flags of the Success: a text refuses them and becomes `detail.reason`. */
  readonly verifyFlags?: (flags: number) => string | undefined;
  readonly extensions?: ClientExtensions;
}

/** Extension types (U16) that a client asks for with RequestExtensions (extension 0x0001). */
export interface ClientExtensions {
  readonly requested: readonly number[];
  /** Those of them without which the connection is of no use. */
  readonly required?: readonly number[];
  /**
   * What to do when the server does not answer RequestExtensions: go on without extensions, or close with
   * `extension-timeout` so that the caller can connect again. Default: `proceed` unless an extension is required.
   */
  readonly onSilence?: 'proceed' | 'close';
  /** How many times the time that the connection took so far the answer may take; by default 2. */
  readonly patience?: number;
}

/** What a connection speaks, how it is secured and set up, and what it bears. */
export interface ConnectionOptions<P extends Protocol = Protocol> {
  readonly protocol: P;
  readonly security: ConnectionSecurity;
  readonly setup: ServerSetup | ClientSetup;
  readonly limits?: Partial<ConnectionLimits>;
}
