import type { ConnectionLimits } from '@stratumkit/connection';
import type { World } from '../core/world.ts';
import type { TipWatch } from '../invariants/tipWatch.ts';
import type { Network } from '../network/network.ts';
import type { Observer } from '../observer.ts';
import type { ProofOfWork } from '../pow/proofOfWork.ts';
import type { SimulationModules } from './modules.ts';
import type { RelayUpstreams } from './relayUpstreams.ts';
import type { WireSecurity } from './security.ts';
import type { SimProcess } from './simProcess.ts';

/** What all processes of a simulation are configured with. */
export interface SimulationSettings {
  /** Wanted of every channel. */
  readonly sharesPerMinute: number;
  readonly shareBatchSize: number;
  /** Whether pools keep the share rate of each channel near the wanted one. */
  readonly retargeting: boolean;
  /** Between blocks of the simulated devices, about. */
  readonly blockIntervalSeconds: number;
  readonly transactionsPerMinute: number;
  /** Hashes a second of all honest devices. */
  readonly totalHashrate: number;
  /** What translators take a miner to have. */
  readonly minerHashrate: number;
  /** Of each pool and relay. */
  readonly maxConnections: number;
  /** Named limits of a pool's connections, where they are not the defaults. */
  readonly connectionLimits: Partial<ConnectionLimits>;
}

/** What every process is given. */
export interface SimulationContext {
  readonly world: World;
  readonly network: Network;
  readonly observer: Observer;
  readonly pow: ProofOfWork;
  readonly security: WireSecurity;
  readonly modules: SimulationModules;
  readonly settings: SimulationSettings;
  /** What the pool on this host was told; undefined while it is down. */
  readonly tipsOf: (host: string) => TipWatch | undefined;
  /** What the relay on this host mines on; undefined if there is none. */
  readonly relayOf: (host: string) => Pick<RelayUpstreams, 'tip' | 'switchedMs' | 'lostMs'> | undefined;
  readonly onError: (error: unknown, process: SimProcess) => void;
}
