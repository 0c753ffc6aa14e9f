import type { FieldMap, MessageDefinition, ValueOf } from '@stratumkit/codec';
import { ALL_MESSAGES, decodeMessage } from '@stratumkit/messages';
import {
  NewExtendedMiningJob,
  NewMiningJob,
  SubmitSharesError,
  SubmitSharesExtended,
  SubmitSharesSuccess,
} from '@stratumkit/messages/mining';
import { arbitraryOf, SEED, seededRandom } from '@stratumkit/testing';
import fc from 'fast-check';
import type { Bench } from 'tinybench';

/** Calls per task run, so that the clock's resolution does not matter: microseconds a run are nanoseconds a call. */
const CALLS = 1000;

/** Keeps results alive, so that no call can be optimised away. */
const sink = { value: 0 };

/** The messages a busy connection is made of, in the order of what a pool receives and sends. */
export function register(bench: Bench): void {
  warmUp();
  const random = seededRandom();
  const u32 = (): number => new DataView(random(4).buffer).getUint32(0);
  const share = () => ({ channelId: 1, sequenceNumber: u32(), jobId: 3, nonce: u32(), ntime: u32(), version: u32() });

  both(bench, SubmitSharesExtended, () => ({ ...share(), extranonce: random(16) }));
  both(bench, SubmitSharesSuccess, () => ({
    channelId: 1,
    lastSequenceNumber: u32(),
    newSubmitsAcceptedCount: 10,
    newSharesSum: BigInt(u32()),
  }));
  both(bench, SubmitSharesError, () => ({ channelId: 1, sequenceNumber: u32(), errorCode: 'stale-share' }));
  both(bench, NewMiningJob, () => ({
    channelId: 1,
    jobId: u32(),
    minNtime: undefined,
    version: u32(),
    merkleRoot: random(32),
  }));
  both(bench, NewExtendedMiningJob, () => ({
    channelId: 1,
    jobId: u32(),
    minNtime: u32(),
    version: u32(),
    versionRollingAllowed: true,
    merklePath: Array.from({ length: 12 }, () => random(32)),
    coinbaseTxPrefix: random(60),
    coinbaseTxSuffix: random(120),
  }));
  const frames = corpus(SubmitSharesExtended, () => ({ ...share(), extranonce: random(16) })).map((payload) => ({
    extensionType: 0,
    messageType: SubmitSharesExtended.messageType,
    payload,
  }));
  bench.add(`decodeMessage SubmitSharesExtended x${CALLS}`, () => {
    for (let call = 0; call < CALLS; call++) sink.value ^= decodeMessage('mining', frames[call & 63]!)!.rest.length;
  });
}

function both<Fields extends FieldMap>(
  bench: Bench,
  definition: MessageDefinition<string, Fields>,
  create: () => ValueOf<Fields>,
): void {
  const payloads = corpus(definition, create);
  const values = payloads.map((payload) => definition.decode(payload));
  const out = new Uint8Array(definition.encodedSize(values[0]!) + 64);
  bench.add(`decode ${definition.name} x${CALLS}`, () => {
    for (let call = 0; call < CALLS; call++) if (definition.decode(payloads[call & 63]!) === undefined) sink.value++;
  });
  bench.add(`encodeInto ${definition.name} x${CALLS}`, () => {
    for (let call = 0; call < CALLS; call++) sink.value ^= definition.encodeInto(values[call & 63]!, out, 6);
  });
}

function corpus<Fields extends FieldMap>(
  definition: MessageDefinition<string, Fields>,
  create: () => ValueOf<Fields>,
): readonly Uint8Array[] {
  return Array.from({ length: 64 }, () => definition.encode(create()));
}

/** Runs every message through the shared code first, as a process that has been up for a while has done. */
function warmUp(): void {
  for (const definition of ALL_MESSAGES) {
    for (const value of fc.sample(arbitraryOf(definition), { seed: SEED, numRuns: 50 })) {
      sink.value ^= definition.decodePrefix(definition.encode(value)).rest.length;
    }
  }
}
