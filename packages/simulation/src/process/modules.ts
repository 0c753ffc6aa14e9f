import type { ShareBatch } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import type { ConnectionLimits } from '@stratumkit/connection';
import {
  DeviceCore,
  type DeviceCoreOptions,
  PoolCore,
  type PoolCoreOptions,
  ProxyCore,
  type ProxyCoreOptions,
  Sv1DeviceCore,
  type Sv1DeviceCoreOptions,
  TemplateServer,
  type TemplateServerOptions,
  TranslatorCore,
  type TranslatorCoreOptions,
} from '@stratumkit/roles';
import { DiskLedger, type SimulatedLedger } from '../ledger/diskLedger.ts';
import type { SimulatedDisk } from '../ledger/simulatedDisk.ts';

/** Where a pool listens, in the simulated network. */
export interface SimUpstream {
  readonly host: string;
  readonly port: number;
}

/** What a simulated pool needs of its machine: a {@link PoolCore}, unless a test puts a broken one in. */
export type PoolMachine = Pick<
  PoolCore,
  'handle' | 'deadline' | 'connections' | 'openChannels' | 'uncommittedBatches' | 'templateState'
>;
/** The same of SV2 devices; a {@link DeviceCore}. */
export type DeviceMachine = Pick<DeviceCore<SimUpstream>, 'handle' | 'deadline' | 'take'>;
/** The same of a proxy; a {@link ProxyCore}. */
export type ProxyMachine = Pick<
  ProxyCore,
  | 'handle'
  | 'deadline'
  | 'decideSetup'
  | 'connections'
  | 'openChannels'
  | 'unansweredShares'
  | 'totals'
  | 'upstreamConnection'
>;
/** The same of a translator; a {@link TranslatorCore}. */
export type TranslatorMachine = Pick<TranslatorCore, 'handle' | 'deadline' | 'minerCount' | 'upstream' | 'sources'>;
/** The same of SV1 miners; an {@link Sv1DeviceCore}. */
export type Sv1DeviceMachine = Pick<Sv1DeviceCore<SimUpstream>, 'handle' | 'deadline' | 'take'>;
/** The same of a template provider; a {@link TemplateServer}. */
export type TemplateServerMachine = Pick<TemplateServer, 'handle' | 'deadline'>;

/** The machines of the processes: those the apps run, unless a test puts a broken one in. */
export interface SimulationModules {
  readonly createPool: (options: PoolCoreOptions, now: Now) => PoolMachine;
  readonly createProxy: (options: ProxyCoreOptions) => ProxyMachine;
  readonly createTranslator: (options: TranslatorCoreOptions) => TranslatorMachine;
  readonly createSv1Device: (options: Sv1DeviceCoreOptions<SimUpstream>) => Sv1DeviceMachine;
  readonly createDevice: (options: DeviceCoreOptions<SimUpstream>) => DeviceMachine;
  readonly createTemplateServer: (options: TemplateServerOptions, now: Now) => TemplateServerMachine;
  readonly createLedger: (disk: SimulatedDisk<ShareBatch>, wake: () => void) => SimulatedLedger;
  /** Of a pool's connections, over those of the settings. What is checked are always the settings. */
  readonly poolConnectionLimits: Partial<ConnectionLimits>;
}

/** The machines that the apps run. */
export const ROLE_MODULES: SimulationModules = {
  createPool: (options, now) => new PoolCore(options, now),
  createProxy: (options) => new ProxyCore(options),
  createTranslator: (options) => new TranslatorCore(options),
  createSv1Device: (options) => new Sv1DeviceCore<SimUpstream>(options),
  createDevice: (options) => new DeviceCore<SimUpstream>(options),
  createTemplateServer: (options, now) => new TemplateServer(options, now),
  createLedger: (disk, wake) => new DiskLedger(disk, wake),
  poolConnectionLimits: {},
};
