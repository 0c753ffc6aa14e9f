import { PROTOCOL_IDS } from '@stratumkit/messages';
import { PROTOCOL_VERSION, SETUP_CONNECTION_ERROR_CODES, type SetupConnection } from '@stratumkit/messages/common';
import { MINING_SETUP_FLAGS, MINING_SETUP_SUCCESS_FLAGS } from '@stratumkit/messages/mining';
import type { MiningSetupDecision } from '../miningServer/setupPolicy.ts';

const { requiresStandardJobs, requiresVersionRolling } = MINING_SETUP_FLAGS;
const { requiresFixedVersion, requiresExtendedChannels } = MINING_SETUP_SUCCESS_FLAGS;

/** Flags of the upstream's Success that hold for downstreams too; an aggregating proxy makes standard jobs by itself. */
export function inheritedFlags(upstreamFlags: number, aggregateChannels: boolean): number {
  return upstreamFlags & (requiresFixedVersion | (aggregateChannels ? 0 : requiresExtendedChannels));
}

/** SetupConnection flags that can be granted under an upstream with these flags. Custom work goes through no proxy. */
export function supportedProxyFlags(inherited: number): number {
  const rolling = (inherited & requiresFixedVersion) === 0 ? requiresVersionRolling : 0;
  const standard = (inherited & requiresExtendedChannels) === 0 ? requiresStandardJobs : 0;
  return rolling | standard;
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
