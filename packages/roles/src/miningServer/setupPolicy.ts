import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION, SETUP_CONNECTION_ERROR_CODES, type SetupConnection } from '@stratumkit/messages/common';
import { MINING_SETUP_FLAGS, MINING_SETUP_SUCCESS_FLAGS } from '@stratumkit/messages/mining';

/** What a mining server can do for its clients. */
export interface MiningSetupOptions {
  readonly versionRollingAllowed: boolean;
}

/** Flags of SetupConnection.Success (spec 5.3.1), or what SetupConnection.Error says (spec 3.6.3). */
export type MiningSetupDecision =
  | { readonly accept: true; readonly flags: number }
  | { readonly accept: false; readonly flags: number; readonly errorCode: string };

const { requiresStandardJobs, requiresVersionRolling, requiresWorkSelection } = MINING_SETUP_FLAGS;
const NO_CHANNEL_POSSIBLE = requiresStandardJobs | requiresWorkSelection;

/** The flags of a SetupConnection that can be granted (spec 5.3.1). */
export function supportedMiningFlags({ versionRollingAllowed }: MiningSetupOptions): number {
  return requiresStandardJobs | requiresWorkSelection | (versionRollingAllowed ? requiresVersionRolling : 0);
}

/**
 * The answer of a mining server to SetupConnection (spec 3.6, 5.3.1). Every refusal names all flags that are not supported.
 * Work selection and standard jobs together leave no kind of channel to open, so that is refused too.
 */
export function decideMiningSetup(request: SetupConnection, options: MiningSetupOptions): MiningSetupDecision {
  const unsupported = (request.flags & ~supportedMiningFlags(options)) >>> 0;
  const refuse = (errorCode: string, flags = unsupported): MiningSetupDecision => ({ accept: false, flags, errorCode });

  if (request.protocol !== PROTOCOL_IDS.mining) return refuse(SETUP_CONNECTION_ERROR_CODES.unsupportedProtocol);
  if (request.minVersion > PROTOCOL_VERSION || request.maxVersion < PROTOCOL_VERSION)
    return refuse(SETUP_CONNECTION_ERROR_CODES.protocolVersionMismatch);
  if (unsupported !== 0) return refuse(SETUP_CONNECTION_ERROR_CODES.unsupportedFeatureFlags);
  if ((request.flags & NO_CHANNEL_POSSIBLE) === NO_CHANNEL_POSSIBLE)
    return refuse(SETUP_CONNECTION_ERROR_CODES.unsupportedFeatureFlags, NO_CHANNEL_POSSIBLE);

  const fixedVersion = options.versionRollingAllowed ? 0 : MINING_SETUP_SUCCESS_FLAGS.requiresFixedVersion;
  const workSelection = (request.flags & requiresWorkSelection) !== 0;
  return {
    accept: true,
    flags: fixedVersion | (workSelection ? MINING_SETUP_SUCCESS_FLAGS.requiresExtendedChannels : 0),
  };
}
