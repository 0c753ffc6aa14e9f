import { portableHash, witnessCommitmentScript } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { FrameSplitter, type TlvField } from '@stratumkit/framing';
import { decodeMessage, type MiningMessage, type TemplateDistributionMessage } from '@stratumkit/messages';
import type { OpenExtendedMiningChannel, OpenStandardMiningChannel } from '@stratumkit/messages/mining';
import type { NewTemplate, SetNewPrevHash } from '@stratumkit/messages/template-distribution';
import { FakeClock } from '@stratumkit/testing';
import {
  createIdentityPayoutPolicy,
  DEFAULT_TEMPLATE_CLIENT_LIMITS,
  PoolCore,
  type PoolCoreOptions,
  type PoolEvent,
  type PoolInput,
  type PoolOutput,
} from '../../src/index.ts';
import { type MinedShare, StrictClient } from './strictClient.ts';

export const START = 1_700_000_000;
export const NBITS = 0x207fffff;
/** Every second hash. */
export const EASY_TARGET = new Uint8Array(32).fill(0xff).with(31, 0x7f);
/** Every 256th hash. */
export const BLOCK_TARGET = new Uint8Array(32).fill(0xff).with(31, 0);
export const HARDEST_TARGET = new Uint8Array(32).fill(0xff, 0, 24);
export const MAX_TARGET = new Uint8Array(32).fill(0xff);
export const POOL_SCRIPT = Uint8Array.of(0x51);
export const BOOT_ID = Uint8Array.of(0xb0, 0xb1, 0xb2, 0xb3, 0xb4, 0xb5, 0xb6, 0xb7);
export const COMMITMENT = witnessCommitmentScript([new Uint8Array(32)]);

/** Deadline of a pool with nothing to do for its miners, whose provider spoke at the start. */
export const IDLE_DEADLINE_MS = DEFAULT_TEMPLATE_CLIENT_LIMITS.silenceMs;

export const prevHashOf = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);

const SETUP = {
  protocol: 0,
  minVersion: 2,
  maxVersion: 2,
  flags: 0,
  endpointHost: '',
  endpointPort: 0,
  vendor: 'test',
  hardwareVersion: '',
  firmware: '',
  deviceId: 'device',
};

type Changes<T> = Partial<T>;

/** A pool under virtual time with strict clients; batches are committed at once unless `commits` is off. */
export class PoolHarness {
  readonly clock = new FakeClock({ unixSeconds: START });
  readonly core: PoolCore;
  readonly clients = new Map<number, StrictClient>();
  readonly events: PoolEvent[] = [];
  /** Frames to the template provider, decoded. */
  readonly toProvider: TemplateDistributionMessage[] = [];
  readonly closed = new Map<number, string>();
  readonly openCounts = new Map<number, number>();
  /** Batches that wait for `commit()` while `commits` is off. */
  readonly uncommitted: number[] = [];
  readonly sends: Extract<PoolOutput, { type: 'send' }>[] = [];
  readonly providerErrors: string[] = [];
  commits = true;
  /** Whether the provider answers what it is asked. */
  answers = true;
  #inbox = new Map<number, MiningMessage[]>();
  #nextRequestId = 1;

  constructor(changes: Changes<PoolCoreOptions> = {}) {
    this.core = new PoolCore(
      {
        payouts: createIdentityPayoutPolicy(POOL_SCRIPT, 'regtest'),
        targets: { sharesPerMinute: 6, easiestTarget: EASY_TARGET, hardestTarget: HARDEST_TARGET },
        poolSignature: 'test',
        serverId: 7,
        random: (length) => BOOT_ID.slice(0, length),
        ...changes,
      },
      this.clock.now,
    );
  }

  get now(): Now {
    return this.clock.now;
  }

  /** With a provider that has given template 1 on the tip 0xaa. */
  static serving(changes: Changes<PoolCoreOptions> = {}): PoolHarness {
    const harness = new PoolHarness(changes);
    harness.input({ type: 'template-connected' });
    harness.template({ templateId: 1n });
    harness.tip({ templateId: 1n });
    return harness;
  }

  input(input: PoolInput): readonly PoolOutput[] {
    const outputs = this.core.handle(input, this.now);
    for (const output of outputs) this.#deliver(output);
    return outputs;
  }

  /** Lets time pass and ticks whenever the pool wants it. */
  advance(ms: number): void {
    const end = this.now.monotonicMs + ms;
    for (let turn = 0; turn < 10_000; turn++) {
      const { deadline } = this.core;
      if (deadline === undefined || deadline > end) {
        this.clock.advance(end - this.now.monotonicMs);
        return;
      }
      this.clock.advance(Math.max(0, deadline - this.now.monotonicMs));
      this.input({ type: 'tick' });
    }
    throw new Error('the deadline does not move on');
  }

  connect(connection: number, flags = 0, extensions: readonly number[] = []): this {
    this.clients.set(connection, new StrictClient());
    this.input({
      type: 'connected',
      connection,
      setup: { ...SETUP, flags },
      extensions: new Set(extensions),
      address: '192.0.2.1',
    });
    return this;
  }

  say(connection: number, message: MiningMessage, tlvs: readonly TlvField[] = []): readonly MiningMessage[] {
    this.take(connection);
    this.input({ type: 'message', connection, message, tlvs });
    return this.take(connection);
  }

  openStandard(connection: number, changes: Changes<OpenStandardMiningChannel> = {}): readonly MiningMessage[] {
    const value = {
      requestId: this.#nextRequestId++,
      userIdentity: 'alice.one',
      nominalHashRate: 0,
      maxTarget: MAX_TARGET,
      ...changes,
    };
    return this.say(connection, { name: 'OpenStandardMiningChannel', value });
  }

  openExtended(connection: number, changes: Changes<OpenExtendedMiningChannel> = {}): readonly MiningMessage[] {
    const value = {
      requestId: this.#nextRequestId++,
      userIdentity: 'alice.two',
      nominalHashRate: 0,
      maxTarget: MAX_TARGET,
      minExtranonceSize: 4,
      ...changes,
    };
    return this.say(connection, { name: 'OpenExtendedMiningChannel', value });
  }

  submit(connection: number, share: MinedShare, tlvs: readonly TlvField[] = []): readonly MiningMessage[] {
    const isStandard = this.clients.get(connection)?.channels.get(share.channelId)?.kind === 'standard';
    const { extranonce, ...standard } = share;
    return this.say(
      connection,
      isStandard
        ? { name: 'SubmitSharesStandard', value: standard }
        : { name: 'SubmitSharesExtended', value: { ...standard, extranonce } },
      tlvs,
    );
  }

  mine(connection: number, channelId: number, hit: 'share' | 'block' | 'miss' = 'share', from = 0): MinedShare {
    return this.clients.get(connection)!.mine(channelId, { hit, blockTarget: BLOCK_TARGET, from });
  }

  template(changes: Changes<NewTemplate> = {}): readonly PoolOutput[] {
    return this.input({
      type: 'template-message',
      message: { name: 'NewTemplate', value: newTemplate(changes) },
    });
  }

  tip(changes: Changes<SetNewPrevHash> = {}): readonly PoolOutput[] {
    const value = {
      templateId: 1n,
      prevHash: prevHashOf(0xaa),
      headerTimestamp: START,
      nbits: NBITS,
      target: BLOCK_TARGET,
      ...changes,
    };
    return this.input({ type: 'template-message', message: { name: 'SetNewPrevHash', value } });
  }

  /** The messages that a connection got since the last call. */
  take(connection: number): readonly MiningMessage[] {
    const messages = this.#inbox.get(connection) ?? [];
    this.#inbox.delete(connection);
    return messages;
  }

  eventsOf<Type extends PoolEvent['type']>(type: Type): Extract<PoolEvent, { type: Type }>[] {
    return this.events.filter((event): event is Extract<PoolEvent, { type: Type }> => event.type === type);
  }

  /** Answers that there is no such template. */
  answer(templateId: bigint): void {
    const value = { templateId, errorCode: 'template-id-not-found' };
    this.input({ type: 'template-message', message: { name: 'RequestTransactionData.Error', value } });
  }

  #toProvider(message: TemplateDistributionMessage): void {
    this.toProvider.push(message);
    if (this.answers && message.name === 'RequestTransactionData') this.answer(message.value.templateId);
  }

  #deliver(output: PoolOutput): void {
    switch (output.type) {
      case 'send': {
        this.sends.push(output);
        const message = decode('mining', output.frame) as MiningMessage;
        for (const connection of output.to) {
          this.clients.get(connection)?.receive(message);
          this.#inbox.set(connection, [...(this.#inbox.get(connection) ?? []), message]);
        }
        return;
      }
      case 'close':
        this.closed.set(output.to, output.reason);
        return;
      case 'channels':
        this.openCounts.set(output.connection, output.open);
        return;
      case 'commit':
        if (this.commits) this.input({ type: 'committed', batchId: output.batch.batchId });
        else this.uncommitted.push(output.batch.batchId);
        return;
      case 'event':
        this.events.push(output.event);
        return;
      case 'template-send':
        this.#toProvider(decode('template-distribution', output.frame) as TemplateDistributionMessage);
        return;
      case 'template-close':
        this.providerErrors.push(output.error.code);
        return;
    }
  }
}

export function newTemplate(changes: Changes<NewTemplate> = {}): NewTemplate {
  return {
    templateId: 1n,
    futureTemplate: true,
    version: 0x20000000,
    coinbaseTxVersion: 2,
    coinbasePrefix: Uint8Array.of(0x02, 0xe8, 0x03),
    coinbaseTxInputSequence: 0xfffffffe,
    coinbaseTxValueRemaining: 5_000_000_123n,
    coinbaseTxOutputsCount: 1,
    coinbaseTxOutputs: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, COMMITMENT.length, ...COMMITMENT]),
    coinbaseTxLocktime: 999,
    merklePath: [portableHash.sha256(Uint8Array.of(1)), portableHash.sha256(Uint8Array.of(2))],
    ...changes,
  };
}

export const names = (messages: readonly { name: string }[]): string[] => messages.map(({ name }) => name);

/** `name(error_code)` for answers that have one. */
export const told = (messages: readonly MiningMessage[]): string[] =>
  messages.map(({ name, value }) => ('errorCode' in value ? `${name}(${value.errorCode})` : name));

type Bodies = { [M in MiningMessage as M['name']]: M['value'] };

/** The body of the first message of that name. */
export function bodyOf<Name extends keyof Bodies>(messages: readonly MiningMessage[], name: Name): Bodies[Name] {
  const found = messages.find((message) => message.name === name);
  if (found === undefined) throw new Error(`no ${name} among ${names(messages).join(', ')}`);
  return found.value as Bodies[Name];
}

function decode(protocol: 'mining' | 'template-distribution', bytes: Uint8Array): unknown {
  const splitter = new FrameSplitter({ maxPayloadSize: () => 1 << 20 });
  splitter.push(bytes);
  const frame = splitter.next()!;
  const { name, value } = decodeMessage(protocol, frame)!;
  return { name, value };
}
