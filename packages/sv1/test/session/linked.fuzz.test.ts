import { fromHex, type Now } from '@stratumkit/codec';
import {
  ClientSession,
  type ClientSessionOutput,
  difficultyLine,
  extranonceLine,
  LineConnection,
  messageLine,
  type NotifyParams,
  notifyLine,
  reconnectLine,
  rpcError,
  ServerSession,
  type ServerSessionOutput,
  type SubmitParams,
} from '@stratumkit/sv1';
import { LinkedPair, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const NOW: Now = { monotonicMs: 0, unixSeconds: 1_700_000_000 };
const TERMS = { sessionId: 's', extranonce1: fromHex('0a0b').slice(), extranonce2Size: 4 };
const MASK = 0x1fffe000;

const bytesOf = (length: number) =>
  fc.uint8Array({ minLength: length, maxLength: length }).map((value) => value.slice());
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const job: fc.Arbitrary<NotifyParams> = fc.record({
  jobId: fc.string({ maxLength: 8, unit: 'grapheme' }),
  prevHash: bytesOf(32),
  coinbase1: bytesOf(40),
  coinbase2: bytesOf(30),
  merklePath: fc.array(bytesOf(32), { maxLength: 12 }),
  version: u32,
  nbits: u32,
  ntime: u32,
  cleanJobs: fc.boolean(),
});
const share = fc.record({
  jobId: fc.string({ maxLength: 8, unit: 'grapheme' }),
  extranonce2: bytesOf(4),
  ntime: u32,
  nonce: u32,
});

type Step =
  | { readonly by: 'miner'; readonly does: 'configure' | 'subscribe' | 'authorize' | 'extranonce' | 'ping' | 'suggest' }
  | { readonly by: 'miner'; readonly does: 'submit'; readonly share: Omit<SubmitParams, 'workerName'> }
  | { readonly by: 'pool'; readonly does: 'notify'; readonly job: NotifyParams }
  | { readonly by: 'pool'; readonly does: 'difficulty'; readonly difficulty: number }
  | { readonly by: 'pool'; readonly does: 'extranonce' | 'message' | 'reconnect' | 'version' | 'ping' | 'mask' };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    by: fc.constant('miner' as const),
    does: fc.constantFrom('configure', 'subscribe', 'authorize', 'extranonce', 'ping', 'suggest'),
  }),
  fc.record({ by: fc.constant('miner' as const), does: fc.constant('submit' as const), share }),
  fc.record({ by: fc.constant('pool' as const), does: fc.constant('notify' as const), job }),
  fc.record({
    by: fc.constant('pool' as const),
    does: fc.constant('difficulty' as const),
    difficulty: fc.double({ min: 1e-9, max: 1e15, noNaN: true }),
  }),
  fc.record({
    by: fc.constant('pool' as const),
    does: fc.constantFrom('extranonce', 'message', 'reconnect', 'version', 'ping', 'mask'),
  }),
);

class Pair {
  readonly client: ClientSession;
  readonly server = new ServerSession({ subscribe: () => TERMS });
  readonly heardByMiner: ClientSessionOutput[] = [];
  readonly heardByPool: ServerSessionOutput[] = [];
  readonly #left = new LineConnection(NOW);
  readonly #right = new LineConnection(NOW);
  readonly #pair: LinkedPair;

  constructor(chunkSize: number, submitId: number | undefined) {
    this.client = new ClientSession({ userAgent: 'm', ...(submitId === undefined ? {} : { submitId }) });
    this.#pair = new LinkedPair(
      {
        receive: (chunk) => this.#receive(this.#left, chunk, (line) => this.#toMiner(this.client.handle(line))),
        transmit: () => this.#left.takeBytes(),
      },
      {
        receive: (chunk) => this.#receive(this.#right, chunk, (line) => this.toPool(this.server.handle(line))),
        transmit: () => this.#right.takeBytes(),
      },
      { chunkSize },
    );
  }

  ask(line: Uint8Array): void {
    this.#left.send(line);
  }

  tell(line: Uint8Array): void {
    this.#right.send(line);
  }

  settle(): void {
    this.#pair.settle();
  }

  /** Answers what waits: authorizations with yes, shares by whether their nonce is even. */
  toPool(outputs: readonly ServerSessionOutput[]): void {
    for (const output of outputs) {
      this.heardByPool.push(output);
      if (output.type === 'send') this.tell(output.line);
      if (output.type === 'authorize') this.toPool(this.server.authorize(output.call, output.workerName));
      if (output.type !== 'submit') continue;
      const { call } = output;
      const isGood = output.share.nonce % 2 === 0;
      this.toPool([isGood ? this.server.answer(call, true) : this.server.refuse(call, rpcError('lowDifficulty'))]);
    }
  }

  #toMiner(outputs: readonly ClientSessionOutput[]): void {
    for (const output of outputs) {
      this.heardByMiner.push(output);
      if (output.type === 'send') this.ask(output.line);
    }
  }

  #receive(connection: LineConnection, chunk: Uint8Array, take: (line: Uint8Array) => void): void {
    connection.push(chunk, NOW);
    for (let event = connection.next(); event !== undefined; event = connection.next()) {
      if (event.type === 'line') take(event.line);
      else throw new Error(`closed: ${event.cause}`);
    }
  }
}

describe('client and server linked', () => {
  it('understand each other in any order of commands and any chunking', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.integer({ min: 1, max: 300 }),
        fc.option(fc.constant(4), { nil: undefined }),
        (steps, chunkSize, submitId) => {
          const pair = new Pair(chunkSize, submitId);
          pair.toPool(pair.server.setAllowedVersionMask(MASK));
          const tags: { readonly tag: number; readonly isGood: boolean }[] = [];
          const told: unknown[] = [];
          let calls = 0;
          for (const each of steps) {
            if (each.by === 'miner') {
              if (each.does !== 'submit') calls++;
              apply(pair, each, tags);
            } else told.push(...tell(pair, each));
            pair.settle();
          }
          expect(pair.client.pendingCount).toBe(0);
          expect(pair.heardByMiner.filter(({ type }) => type === 'fault')).toEqual([]);
          expect(pair.heardByPool.filter(({ type }) => type === 'fault' || type === 'end')).toEqual([]);
          // Every call has its answer, every share its own.
          const answered = pair.heardByMiner.flatMap((output) => (output.type === 'answered' ? [output] : []));
          expect(answered.map(({ tag, error }) => ({ tag, isGood: error === undefined }))).toEqual(tags);
          const other = ['configured', 'subscribed', 'authorized', 'reply'];
          expect(pair.heardByMiner.filter(({ type }) => other.includes(type))).toHaveLength(calls);
          // What the pool tells arrives as it was.
          const heard = pair.heardByMiner.flatMap((output): unknown[] =>
            output.type === 'job' ? [output.job] : output.type === 'difficulty' ? [output.difficulty] : [],
          );
          expect(heard).toEqual(told);
        },
      ),
      propertyOptions(300),
    );
  });
});

/** The miner does something; a share is noted with whether it should be taken. */
function apply(
  pair: Pair,
  given: Extract<Step, { by: 'miner' }>,
  tags: { readonly tag: number; readonly isGood: boolean }[],
): void {
  const { client, server } = pair;
  switch (given.does) {
    case 'configure':
      pair.ask(
        client.configure({ extensions: ['version-rolling'], versionRolling: { mask: 0xffff_ffff, minBitCount: 2 } }),
      );
      return;
    case 'subscribe':
      pair.ask(client.subscribe());
      return;
    case 'authorize':
      pair.ask(client.authorize('w', 'x'));
      return;
    case 'extranonce':
      pair.ask(client.subscribeExtranonce());
      return;
    case 'ping':
      pair.ask(client.ping());
      return;
    case 'suggest':
      pair.ask(client.suggestDifficulty(8));
      return;
    case 'submit': {
      const tag = tags.length;
      const versionBits = server.rollsVersion ? { versionBits: MASK } : {};
      tags.push({ tag, isGood: server.isReady && given.share.nonce % 2 === 0 });
      pair.ask(client.submit({ workerName: 'w', ...given.share, ...versionBits }, tag));
    }
  }
}

function tell(pair: Pair, given: Extract<Step, { by: 'pool' }>): readonly unknown[] {
  switch (given.does) {
    case 'notify':
      pair.tell(notifyLine(given.job));
      return [given.job];
    case 'difficulty':
      pair.tell(difficultyLine(given.difficulty));
      return [given.difficulty];
    case 'extranonce':
      pair.tell(extranonceLine(TERMS.extranonce1, TERMS.extranonce2Size));
      return [];
    case 'message':
      pair.tell(messageLine('hello'));
      return [];
    case 'reconnect':
      pair.tell(reconnectLine({ waitSeconds: 1 }));
      return [];
    case 'version':
      pair.toPool([pair.server.askVersion()]);
      return [];
    case 'ping':
      pair.toPool([pair.server.ping()]);
      return [];
    case 'mask':
      pair.toPool(pair.server.setAllowedVersionMask(MASK));
      return [];
  }
}
