import type { HashBackend } from '@stratumkit/bitcoin';
import type { NoiseCrypto } from '@stratumkit/noise';
import { premineBlocks } from './chain/chainNode.ts';
import { Prng } from './core/prng.ts';
import { FAULT_KINDS, FAULT_PROFILES, type FaultKind, type FaultProfile } from './faults/kinds.ts';
import { createCheapWork } from './pow/aimedHash.ts';
import type { ProofOfWork } from './pow/proofOfWork.ts';
import { createRealWork } from './pow/realWork.ts';
import { createNoiseSecurity } from './process/security.ts';
import type { RunOptions } from './runSimulation.ts';
import { createFarm, type TopologyName } from './topology.ts';

/** A farm and its faults in few words, as the command `sim` takes them. */
export interface ScenarioOptions {
  readonly profile: FaultProfile;
  readonly devices: number;
  /** Virtual hours. */
  readonly hours: number;
  /** Default `mixed`. */
  readonly channels?: 'standard' | 'extended' | 'mixed';
  /** What stands between devices and pools; default `direct`. */
  readonly topology?: TopologyName;
  /** Pools leave each channel at its first target: no vardiff. */
  readonly fixedTargets?: boolean;
  /** Default 2; 1 without faults. */
  readonly pools?: number;
  readonly providers?: number;
  /** For the profile with the real proof of work and Noise. */
  readonly hash?: HashBackend;
  readonly crypto?: NoiseCrypto;
}

const HOUR_MS = 3_600_000;
/** Hashes a second of a device: a share then takes 10 million of them, well within one header's nonces. */
const HASHRATE = 1_000_000;
/** A device that really hashes. */
const REAL_HASHRATE = 120;
/** Seconds between the blocks of the devices, and between those of others: often, so that much happens. */
const BUSY = { blockIntervalSeconds: 90, rivalIntervalSeconds: 90 };
/** As on the main chain, for figures without faults. */
const CALM = { blockIntervalSeconds: 1_200, rivalIntervalSeconds: 1_200 };

/** Without faults at the end: with relays it takes longer until everybody must be back at work. */
const RELAY_QUIET_MS = 780_000;

/** The runs of `sim`: the same options and seed are the same run everywhere. */
export class Scenario {
  readonly #options: ScenarioOptions;
  readonly #pow: ProofOfWork;
  readonly #premined: readonly Uint8Array[];
  readonly faults: readonly FaultKind[];

  constructor(options: ScenarioOptions) {
    this.#options = options;
    const faults: readonly FaultKind[] = FAULT_PROFILES[options.profile];
    const hasRelays = (options.topology ?? 'direct') !== 'direct';
    const relayKinds = FAULT_KINDS.relay.filter((kind) => !faults.includes(kind));
    this.faults = hasRelays && faults.length > 0 ? [...faults, ...relayKinds] : faults;
    this.#pow = options.profile === 'real' ? createRealWork(options.hash) : createCheapWork();
    this.#premined = premineBlocks(this.#pow);
  }

  run(seed: number, keep?: readonly number[]): RunOptions {
    const {
      devices,
      hours,
      profile,
      channels = 'mixed',
      topology = 'direct',
      crypto,
      fixedTargets = false,
    } = this.#options;
    const isCalm = this.faults.length === 0;
    const { pools = isCalm ? 1 : 2, providers = isCalm ? 1 : 2 } = this.#options;
    const { blockIntervalSeconds, rivalIntervalSeconds } = isCalm ? CALM : BUSY;
    const hostileKinds: readonly FaultKind[] = FAULT_KINDS.hostile;
    return {
      seed,
      topology: createFarm({
        devices,
        channels,
        pools,
        providers,
        topology,
        hashrate: profile === 'real' ? REAL_HASHRATE : HASHRATE,
        hostile: this.faults.some((kind) => hostileKinds.includes(kind)),
      }),
      pow: this.#pow,
      premined: this.#premined,
      ...(profile === 'real' ? { security: createNoiseSecurity(new Prng(seed, 'noise'), crypto) } : {}),
      settings: { blockIntervalSeconds, retargeting: !fixedTargets, ...(isCalm ? { transactionsPerMinute: 1 } : {}) },
      rivalIntervalSeconds,
      runMs: Math.round(hours * HOUR_MS),
      faults: this.faults,
      ...(topology === 'direct' ? {} : { quietMs: RELAY_QUIET_MS }),
      ...(keep === undefined ? {} : { keep }),
    };
  }
}
