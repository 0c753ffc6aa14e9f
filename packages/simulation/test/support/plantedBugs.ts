import { ExtranonceAllocator, type ExtranonceLease, type ShareBatch } from '@stratumkit/channels';
import type { Now } from '@stratumkit/codec';
import { encodeFrame } from '@stratumkit/framing';
import { SubmitSharesExtended, SubmitSharesSuccess } from '@stratumkit/messages/mining';
import { SubmitSolution } from '@stratumkit/messages/template-distribution';
import type { PoolInput, PoolOutput, ProxyInput, ProxyOutput, TranslatorInput } from '@stratumkit/roles';
import type { FaultProfile } from '../../src/faults/kinds.ts';
import type { InvariantName } from '../../src/invariants/invariants.ts';
import { DiskLedger } from '../../src/ledger/diskLedger.ts';
import { GOOD_LINE } from '../../src/network/host.ts';
import {
  type PoolMachine,
  type ProxyMachine,
  ROLE_MODULES,
  type SimulationModules,
} from '../../src/process/modules.ts';
import type { RunOptions } from '../../src/runSimulation.ts';
import type { TopologyName } from '../../src/topology.ts';

export interface PlantedBug {
  readonly name: string;
  /** Which has to notice. */
  readonly invariant: InvariantName;
  readonly profile: FaultProfile;
  /** Default `direct`. */
  readonly topology?: TopologyName;
  readonly modules?: Partial<SimulationModules>;
  /** Further changes to the run, the same with and without the bug. */
  readonly change?: (options: RunOptions) => RunOptions;
  /** Breaks a class for all; returns what mends it. */
  readonly break?: () => () => void;
}

type Handle = PoolMachine['handle'];

/** The same machine with another `handle`. */
function withHandle<M extends object>(machine: M, handle: unknown): M {
  return new Proxy(machine, {
    get(target, key) {
      if (key === 'handle') return handle;
      const value = (target as Record<PropertyKey, unknown>)[key];
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

/** A pool with something done to what it takes or gives. */
function brokenPool(change: (handle: Handle) => Handle): Partial<SimulationModules> {
  return {
    createPool(options, now) {
      const pool = ROLE_MODULES.createPool(options, now);
      return withHandle(
        pool,
        change((input, at) => pool.handle(input, at)),
      );
    },
  };
}

/** The same with proxies. */
function brokenProxy(change: (handle: ProxyMachine['handle']) => ProxyMachine['handle']): Partial<SimulationModules> {
  return {
    createProxy(options) {
      const proxy = ROLE_MODULES.createProxy(options);
      return withHandle(
        proxy,
        change((input, at) => proxy.handle(input, at)),
      );
    },
  };
}

/** Credits a client's last batch again when it comes back, under new identities. */
function countsTwice(handle: Handle): Handle {
  const last = new Map<string, ShareBatch>();
  let copies = 0;
  return (input, now) => {
    const outputs: PoolOutput[] = [];
    for (const output of handle(input, now)) {
      outputs.push(output);
      if (output.type === 'commit') last.set(output.batch.shares[0]!.userIdentity, output.batch);
      if (output.type !== 'event' || output.event.type !== 'channelOpened') continue;
      const batch = last.get(output.event.userIdentity);
      if (batch === undefined) continue;
      const shares = batch.shares.map((share) => ({
        ...share,
        identity: { ...share.identity, sequence: 1_000_000n + BigInt(++copies) },
      }));
      outputs.push({ type: 'commit', batch: { ...batch, batchId: 1_000_000 + copies, shares } });
    }
    return outputs;
  };
}

/** A prefix is free the moment its channel closes, and the next channel gets it. */
function releaseEarly(): () => void {
  const { release, allocateStandard, allocateExtended } = ExtranonceAllocator.prototype;
  const free = new WeakMap<ExtranonceAllocator, ExtranonceLease[]>();
  const take = (allocator: ExtranonceAllocator, size: number) => {
    const leases = free.get(allocator) ?? [];
    const at = leases.findIndex(({ extranonceSize }) => extranonceSize === size);
    return at === -1 ? undefined : { outcome: 'allocated' as const, lease: leases.splice(at, 1)[0]! };
  };
  ExtranonceAllocator.prototype.release = function (lease) {
    free.set(this, [...(free.get(this) ?? []), lease]);
  };
  ExtranonceAllocator.prototype.allocateStandard = function () {
    return take(this, 0) ?? allocateStandard.call(this);
  };
  ExtranonceAllocator.prototype.allocateExtended = function (size) {
    return take(this, size) ?? allocateExtended.call(this, size);
  };
  return () => Object.assign(ExtranonceAllocator.prototype, { release, allocateStandard, allocateExtended });
}

/** Says that a batch is durable before it is. */
class HastyLedger extends DiskLedger {
  readonly #early: number[] = [];

  override commit(batch: ShareBatch): void {
    super.commit(batch);
    this.#early.push(batch.batchId);
  }

  override takeCommitted(): readonly number[] {
    super.takeCommitted();
    return this.#early.splice(0);
  }
}

/** Forgets every tenth batch. */
class LeakyLedger extends DiskLedger {
  #batches = 0;

  override commit(batch: ShareBatch): void {
    if (++this.#batches % 10 !== 0) super.commit(batch);
  }
}

const isSolution = (output: PoolOutput): boolean =>
  output.type === 'template-send' && output.frame[2] === SubmitSolution.messageType;

const isSend = (output: PoolOutput, kind: string): boolean => output.type === 'send' && output.kind === kind;

/** An acknowledgement of one share that nobody has counted. */
function hasty({ connection, message }: Extract<ProxyInput, { type: 'message' }>): ProxyOutput[] {
  if (message.name !== 'SubmitSharesExtended' && message.name !== 'SubmitSharesStandard') return [];
  const { channelId, sequenceNumber } = message.value;
  const frame = encodeFrame(SubmitSharesSuccess, {
    channelId,
    lastSequenceNumber: sequenceNumber,
    newSubmitsAcceptedCount: 1,
    newSharesSum: 1n,
  });
  return [{ type: 'send', to: [connection], frame, kind: 'acknowledgement', channelId }];
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'a share is counted twice on reconnect',
    invariant: 'credited-once',
    profile: 'network',
    modules: brokenPool(countsTwice),
  },
  {
    name: 'a prefix is released early',
    invariant: 'search-spaces-disjoint',
    profile: 'network',
    break: releaseEarly,
  },
  {
    name: 'a share is acknowledged before its commit',
    invariant: 'acknowledged-in-ledger',
    profile: 'process',
    modules: { createLedger: (disk, wake) => new HastyLedger(disk, wake) },
  },
  {
    name: 'a solution is lost while the provider is away',
    invariant: 'solutions-delivered',
    profile: 'default',
    modules: brokenPool((handle) => (input, now) => {
      const outputs = handle(input, now);
      return input.type === 'template-connected' ? outputs.filter((output) => !isSolution(output)) : outputs;
    }),
    // Blocks often, so that some fall into the absence.
    change: (options) => ({ ...options, settings: { ...options.settings, blockIntervalSeconds: 30 } }),
  },
  {
    name: 'some clients are not told of a new tip',
    invariant: 'no-stale-jobs',
    profile: 'chain',
    modules: brokenPool(
      (handle) => (input: PoolInput, now) =>
        handle(input, now).map((output) =>
          output.type === 'send' && output.kind === 'prevHash' && input.type === 'template-message'
            ? { ...output, to: output.to.filter((connection) => connection % 3 !== 0) }
            : output,
        ),
    ),
  },
  {
    name: 'a send queue has no bound',
    invariant: 'within-limits',
    profile: 'network',
    modules: {
      poolConnectionLimits: {
        maxQueuedBytes: Number.POSITIVE_INFINITY,
        pauseQueuedBytes: Number.POSITIVE_INFINITY,
      },
    },
    // Small limits, small buffers and many tips, with and without the bug: a device that hangs for a minute reaches them.
    change: (options) => ({
      ...options,
      rivalIntervalSeconds: 5,
      settings: { ...options.settings, connectionLimits: { maxQueuedBytes: 1_500, pauseQueuedBytes: 1_000 } },
      topology: {
        nodes: options.topology.nodes.map((node) =>
          node.kind === 'device' ? { ...node, channel: 'extended', line: { ...GOOD_LINE, bufferBytes: 500 } } : node,
        ),
      },
    }),
  },
  {
    name: 'a future job is sent twice',
    invariant: 'job-ids-unique',
    profile: 'none',
    modules: brokenPool(
      (handle) => (input, now) =>
        handle(input, now).flatMap((output) => (isSend(output, 'futureJob') ? [output, output] : [output])),
    ),
  },
  {
    name: 'SetNewPrevHash goes out before its job',
    invariant: 'future-jobs-only',
    profile: 'chain',
    modules: brokenPool((handle) => (input, now) => {
      const outputs = handle(input, now);
      const futures = outputs.filter((output) => isSend(output, 'futureJob'));
      return [...outputs.filter((output) => !isSend(output, 'futureJob')), ...futures];
    }),
  },
  {
    name: 'shares of a tip that is gone are credited',
    invariant: 'credited-valid',
    profile: 'chain',
    modules: { createPool: (options, now) => ROLE_MODULES.createPool({ ...options, staleGraceMs: 600_000 }, now) },
  },
  {
    name: 'the ledger loses a batch without a word',
    invariant: 'work-adds-up',
    profile: 'none',
    modules: { createLedger: (disk, wake) => new LeakyLedger(disk, wake) },
  },
  {
    name: 'a client pays for the fault of another one',
    invariant: 'neighbours-unharmed',
    profile: 'hostile',
    modules: brokenPool((handle) => (input, now) => {
      const outputs = handle(input, now);
      const isRefused = outputs.some((output) => output.type === 'event' && output.event.type === 'shareRejected');
      return isRefused ? [...outputs, { type: 'close', to: 1, reason: 'too-many-errors' }] : outputs;
    }),
  },
  {
    name: 'a provider that returns is not asked for work',
    invariant: 'work-in-time',
    profile: 'process',
    modules: brokenPool((handle) => {
      let connections = 0;
      return (input, now) => (input.type === 'template-connected' && connections++ > 0 ? [] : handle(input, now));
    }),
  },
  {
    name: 'a proxy keeps some shares that its upstream would count',
    invariant: 'relayed-work-adds-up',
    profile: 'none',
    topology: 'proxies',
    modules: brokenProxy((handle) => {
      let shares = 0;
      return (input, now) =>
        handle(input, now).filter(
          (output) =>
            output.type !== 'upstream-send' ||
            output.frame[2] !== SubmitSharesExtended.messageType ||
            ++shares % 5 !== 0,
        );
    }),
  },
  {
    name: 'a proxy acknowledges before its upstream has',
    invariant: 'acknowledged-in-ledger',
    profile: 'none',
    topology: 'proxies',
    // Every share it hands on is answered at once, as if the upstream had.
    modules: brokenProxy((handle) => (input, now) => [
      ...handle(input, now),
      ...(input.type === 'message' && input.message.name.startsWith('SubmitShares') ? hasty(input) : []),
    ]),
  },
  {
    name: 'a translator forgets what it handed on when its upstream goes',
    invariant: 'true-answers-counted',
    profile: 'relay',
    topology: 'translators',
    modules: {
      createTranslator(options) {
        const translator = ROLE_MODULES.createTranslator(options);
        return withHandle(translator, (input: TranslatorInput, now: Now) =>
          translator
            .handle(input, now)
            .filter((output) => output.type !== 'event' || output.event.type !== 'sharesUnknown'),
        );
      },
    },
  },
  {
    name: 'a machine throws at a duplicate',
    invariant: 'machines-hold',
    profile: 'hostile',
    modules: brokenPool((handle) => (input, now) => {
      const outputs = handle(input, now);
      for (const output of outputs)
        if (
          output.type === 'event' &&
          output.event.type === 'shareRejected' &&
          output.event.errorCode === 'duplicate-share'
        )
          throw new Error('seen before');
      return outputs;
    }),
  },
];
