export { premineBlocks } from './chain/chainNode.ts';
export { FAULT_KINDS, FAULT_PROFILES, type FaultKind, type FaultProfile } from './faults/kinds.ts';
export { type PlannedFault, planFaults } from './faults/plan.ts';
export { INVARIANTS, type InvariantName, type Violation } from './invariants/invariants.ts';
export { DiskLedger, type SimulatedLedger } from './ledger/diskLedger.ts';
export { SimulatedDisk } from './ledger/simulatedDisk.ts';
export { GOOD_LINE, type LineConditions } from './network/host.ts';
export { createCheapWork } from './pow/aimedHash.ts';
export type { ProofOfWork } from './pow/proofOfWork.ts';
export { createRealWork } from './pow/realWork.ts';
export type { SimulationSettings } from './process/context.ts';
export {
  type DeviceMachine,
  type PoolMachine,
  type ProxyMachine,
  ROLE_MODULES,
  type SimUpstream,
  type SimulationModules,
  type Sv1DeviceMachine,
  type TemplateServerMachine,
  type TranslatorMachine,
} from './process/modules.ts';
export { createNoiseSecurity, PLAIN_SECURITY, type WireSecurity } from './process/security.ts';
export { type RunOptions, type RunReport, runSimulation } from './runSimulation.ts';
export { Scenario, type ScenarioOptions } from './scenario.ts';
export { type ShrunkRun, shrinkRun } from './shrink.ts';
export { Simulation, type SimulationOptions } from './simulation.ts';
export {
  createFarm,
  type DeviceNode,
  type FarmOptions,
  MISBEHAVIOURS,
  type MinerNode,
  type Misbehaviour,
  type PoolNode,
  type ProviderNode,
  type ProxyNode,
  TOPOLOGIES,
  type Topology,
  type TopologyName,
  type TopologyNode,
  type TranslatorNode,
} from './topology.ts';
