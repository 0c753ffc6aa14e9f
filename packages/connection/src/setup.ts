import { encodeFrame } from '@stratumkit/framing';
import { PROTOCOL_IDS, type Protocol } from '@stratumkit/messages';
import {
  PROTOCOL_VERSION,
  SETUP_CONNECTION_ERROR_CODES,
  type SetupConnection,
  SetupConnectionError,
  SetupConnectionSuccess,
} from '@stratumkit/messages/common';
import { MINING_SETUP_FLAGS, MINING_SETUP_SUCCESS_FLAGS } from '@stratumkit/messages/mining';
import type { CloseCause, CloseDetail } from './closeCause.ts';
import { sanitizeErrorCode } from './errorCode.ts';
import type { ClientSetup, ServerSetup } from './options.ts';

export interface Rejection {
  readonly cause: CloseCause;
  readonly detail: CloseDetail;
}

/** The server's answer to SetupConnection (spec 3.6): a frame either way, and the end of the connection after an Error. */
export type SetupAnswer =
  | { readonly frame: Uint8Array; readonly accepted: true; readonly flags: number }
  | { readonly frame: Uint8Array; readonly accepted: false; readonly rejection: Rejection };

export function answerSetup(setup: ServerSetup, protocol: Protocol, request: SetupConnection): SetupAnswer {
  const codes = SETUP_CONNECTION_ERROR_CODES;
  // Flags of another subprotocol mean something else, so there is nothing to say about them.
  if (request.protocol !== PROTOCOL_IDS[protocol]) return refuse('unsupported-protocol', codes.unsupportedProtocol, 0);
  const unsupported = setup.supportedFlags === undefined ? 0 : (request.flags & ~setup.supportedFlags) >>> 0;
  if (request.minVersion > PROTOCOL_VERSION || request.maxVersion < PROTOCOL_VERSION) {
    return refuse('protocol-version-mismatch', codes.protocolVersionMismatch, unsupported);
  }
  if (unsupported !== 0) return refuse('unsupported-feature-flags', codes.unsupportedFeatureFlags, unsupported);
  const decision = setup.policy(request);
  if (!decision.accept) {
    const cause = decision.errorCode === codes.unsupportedFeatureFlags ? 'unsupported-feature-flags' : 'setup-refused';
    return refuse(cause, decision.errorCode, decision.flags);
  }
  const { flags } = decision;
  return {
    accepted: true,
    flags,
    frame: encodeFrame(SetupConnectionSuccess, { usedVersion: PROTOCOL_VERSION, flags }),
  };
}

function refuse(cause: CloseCause, code: string, flags: number): SetupAnswer {
  const errorCode = sanitizeErrorCode(code);
  return {
    accepted: false,
    rejection: { cause, detail: { errorCode, flags } },
    frame: encodeFrame(SetupConnectionError, { flags, errorCode }),
  };
}

/** What a client finds wrong with SetupConnection.Success. */
export function checkSuccess(
  setup: ClientSetup,
  protocol: Protocol,
  success: SetupConnectionSuccess,
): Rejection | undefined {
  const { request } = setup;
  const mismatch = (reason: string): Rejection => ({ cause: 'setup-mismatch', detail: { ...success, reason } });
  if (success.usedVersion < request.minVersion || success.usedVersion > request.maxVersion) {
    return mismatch('a version that was not offered');
  }
  if (
    protocol === 'mining' &&
    (request.flags & MINING_SETUP_FLAGS.requiresVersionRolling) !== 0 &&
    (success.flags & MINING_SETUP_SUCCESS_FLAGS.requiresFixedVersion) !== 0
  ) {
    return mismatch('a fixed version although version rolling is required');
  }
  const reason = setup.verifyFlags?.(success.flags);
  return reason === undefined ? undefined : mismatch(reason);
}
