import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION, SETUP_CONNECTION_ERROR_CODES, type SetupConnection } from '@stratumkit/messages/common';
import { MINING_SETUP_FLAGS, MINING_SETUP_SUCCESS_FLAGS } from '@stratumkit/messages/mining';
import type { MiningSetupDecision } from '../miningServer/setupPolicy.ts';

const { requiresStandardJobs, requiresVersionRolling } = MINING_SETUP_FLAGS;
const { requiresFixedVersion, requiresExtendedChannels } = MINING_SETUP_SUCCESS_FLAGS;

/** Flags of the upstream's Success that hold for downstreams too. When aggregating, standard channels are made here. */
export function inheritedFlags(upstreamFlags: number, isAggregating: boolean): number {
  return upstreamFlags & (isAggregating ? requiresFixedVersion : requiresFixedVersion | requiresExtendedChannels);
}

/** SetupConnection flags that can be granted under an upstream with these flags. Custom work goes through no proxy. */
function supportedProxyFlags(inherited: number): number {
  const rolling = (inherited & requiresFixedVersion) === 0 ? requiresVersionRolling : 0;
  const standard = (inherited & requiresExtendedChannels) === 0 ? requiresStandardJobs : 0;
  return rolling | standard;
}

/** A downstream that was promised what this upstream does not give, or was not told what it does not take. */
export function isUnfit(flags: number, granted: number, inherited: number): boolean {
  const unsupported = flags & ~supportedProxyFlags(inherited);
  return unsupported !== 0 || (inherited & requiresFixedVersion & ~granted) !== 0;
}

/** What the upstream cannot give is refused here, with all unsupported flags (spec 3.6.3, 5.3.1). */
export function decideProxySetup(request: SetupConnection, inherited: number): MiningSetupDecision {
  const flags = (request.flags & ~supportedProxyFlags(inherited)) >>> 0;
  if (request.protocol !== PROTOCOL_IDS.mining)
    return { accept: false, flags, errorCode: SETUP_CONNECTION_ERROR_CODES.unsupportedProtocol };
  if (request.minVersion > PROTOCOL_VERSION || request.maxVersion < PROTOCOL_VERSION)
    return { accept: false, flags, errorCode: SETUP_CONNECTION_ERROR_CODES.protocolVersionMismatch };
  if (flags !== 0) return { accept: false, flags, errorCode: SETUP_CONNECTION_ERROR_CODES.unsupportedFeatureFlags };
  return { accept: true, flags: inherited };
}
