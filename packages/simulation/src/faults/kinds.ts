import { MISBEHAVIOURS } from '../topology.ts';

/** What can be done to a simulation, by where it strikes. */
export const FAULT_KINDS = {
  network: ['latency', 'jitter', 'chunking', 'bandwidth', 'half-open', 'reset', 'partition', 'slow-consumer'],
  process: ['pool-crash', 'pool-power', 'device-crash', 'provider-crash', 'node-loss', 'disk-stall', 'disk-error'],
  chain: ['reorganisation', 'same-height-tip', 'two-blocks', 'tip-burst'],
  clock: ['clock-jump', 'clock-skew'],
  hostile: MISBEHAVIOURS,
  /** Only where there are proxies or translators. */
  relay: ['relay-crash', 'relay-power', 'upstream-reset', 'upstream-loss', 'device-churn'],
} as const;

/** One kind of fault; see {@link FAULT_KINDS} for where each strikes. */
export type FaultKind = (typeof FAULT_KINDS)[keyof typeof FAULT_KINDS][number];

/** Sets of kinds to run with. */
export const FAULT_PROFILES = {
  none: [],
  default: [
    ...FAULT_KINDS.network,
    ...FAULT_KINDS.process,
    ...FAULT_KINDS.chain,
    ...FAULT_KINDS.clock,
    ...FAULT_KINDS.hostile,
  ],
  network: FAULT_KINDS.network,
  process: FAULT_KINDS.process,
  chain: FAULT_KINDS.chain,
  clock: FAULT_KINDS.clock,
  hostile: FAULT_KINDS.hostile,
  /** What proxies and translators go through: losses, switches and restarts on every hop. */
  relay: [
    ...FAULT_KINDS.network,
    'pool-crash',
    'pool-power',
    'device-crash',
    'provider-crash',
    'disk-stall',
    ...FAULT_KINDS.chain,
    ...FAULT_KINDS.relay,
  ],
  /** Real proof of work and Noise; no flood, for each hash and seal costs real time. */
  real: [
    ...FAULT_KINDS.network,
    ...FAULT_KINDS.process,
    ...FAULT_KINDS.chain,
    'clock-skew',
    'replay',
    'duplicate',
    'reorder',
    'lie',
    'garbage',
  ],
} as const satisfies Record<string, readonly FaultKind[]>;

/** A set of kinds by its name; see {@link FAULT_PROFILES}. */
export type FaultProfile = keyof typeof FAULT_PROFILES;
