import { compareTargets, targetFromHashrate } from '@stratumkit/bitcoin';
import type { OpenMiningChannelErrorCode } from '@stratumkit/messages/mining';

/** How targets are chosen; one per pool, proxy or translator. */
export interface TargetPolicy {
  readonly sharesPerMinute: number;
  /** Numerically largest target handed out: the minimum difficulty. */
  readonly easiestTarget: Uint8Array;
  /** Numerically smallest target handed out; a client that asks for less is refused. */
  readonly hardestTarget: Uint8Array;
}

/**
 * The target (32 bytes, wire order), or the code for `OpenMiningChannel.Error` (spec 5.3.6) or `UpdateChannel.Error` (spec
 * 5.3.8).
 */
export type TargetChoice =
  | { readonly outcome: 'chosen'; readonly target: Uint8Array }
  | {
      readonly outcome: 'refused';
      readonly errorCode: Extract<OpenMiningChannelErrorCode, 'invalid-nominal-hashrate' | 'max-target-out-of-range'>;
    };

/** `invalid-nominal-hashrate` unless it is finite and not negative. 0 and -0 are fine: a proxy without devices sends 0. */
export function isNominalHashrate(nominalHashrate: number): boolean {
  return Number.isFinite(nominalHashrate) && nominalHashrate >= 0;
}

/**
 * The first target of a channel, or what answers an `UpdateChannel`: from the hashrate the client claims, never above its
 * `max_target`, within the policy's range.
 */
export function chooseTarget(policy: TargetPolicy, nominalHashrate: number, maxTarget: Uint8Array): TargetChoice {
  if (!isNominalHashrate(nominalHashrate)) return { outcome: 'refused', errorCode: 'invalid-nominal-hashrate' };
  if (compareTargets(maxTarget, policy.hardestTarget) < 0)
    return { outcome: 'refused', errorCode: 'max-target-out-of-range' };
  const wanted = targetFromHashrate(nominalHashrate, policy.sharesPerMinute);
  return { outcome: 'chosen', target: clampTarget(policy, wanted, maxTarget) };
}

/** Into the policy's range and not above the client's `max_target`. Returns one of the given arrays. */
export function clampTarget(policy: TargetPolicy, target: Uint8Array, maxTarget: Uint8Array): Uint8Array {
  let clamped = target;
  if (compareTargets(clamped, policy.hardestTarget) < 0) clamped = policy.hardestTarget;
  if (compareTargets(clamped, policy.easiestTarget) > 0) clamped = policy.easiestTarget;
  if (compareTargets(clamped, maxTarget) > 0) clamped = maxTarget;
  return clamped;
}
