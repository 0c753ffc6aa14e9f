import { type JsonValue, toHex } from '@stratumkit/codec';
import { defineMethod, truth } from '../method.ts';
import { formatWord } from '../reading.ts';

/** Longest extranonce1 accepted, in bytes. */
export const MAX_EXTRANONCE1_BYTES = 32;
/** Largest extranonce2 accepted, in bytes. */
export const MAX_EXTRANONCE2_BYTES = 32;

/** Both may be absent: the oldest miners send no parameters. */
export interface SubscribeParams {
  readonly userAgent?: string | undefined;
  /** Session to resume, as the server named it in an earlier subscription. */
  readonly sessionId?: string | undefined;
}

/** The search space of a connection: `extranonce1`, then bytes that the miner rolls. */
export interface SubscribeResult {
  /** Pairs of a method and the id of its subscription; the latter resumes the session. */
  readonly subscriptions: readonly (readonly [method: string, id: string])[];
  /** At most 32 bytes, as they stand in the coinbase; hex on the line. */
  readonly extranonce1: Uint8Array;
  /** Bytes; 0 to 32. */
  readonly extranonce2Size: number;
}

/** `mining.subscribe`, to the server. */
export const Subscribe = defineMethod<'mining.subscribe', SubscribeParams, SubscribeResult>({
  name: 'mining.subscribe',
  calledBy: 'client',
  doc: 'Asks for jobs and for the extranonce.',
  readParams: (json) => ({
    userAgent: json.at(0, 'userAgent').optional((value) => value.text()),
    sessionId: json.at(1, 'sessionId').optional((value) => value.text()),
  }),
  formatParams: ({ userAgent, sessionId }) =>
    sessionId === undefined ? (userAgent === undefined ? [] : [userAgent]) : [userAgent ?? null, sessionId],
  readResult(json) {
    const pairs = json.at(0, 'subscriptions');
    // Some servers send one bare pair, `["mining.notify", "id"]`, some no list at all.
    const list = pairs.isAbsent ? [] : pairs.list();
    return {
      subscriptions: typeof list[0] === 'string' ? [pair(list)] : list.filter(Array.isArray).map(pair),
      extranonce1: json.at(1, 'extranonce1').bytes(0, MAX_EXTRANONCE1_BYTES),
      extranonce2Size: json.at(2, 'extranonce2Size').integer(0, MAX_EXTRANONCE2_BYTES),
    };
  },
  formatResult: ({ subscriptions, extranonce1, extranonce2Size }) => [
    subscriptions,
    toHex(extranonce1),
    extranonce2Size,
  ],
});

function pair(list: readonly JsonValue[]): readonly [string, string] {
  return [String(list[0] ?? ''), String(list[1] ?? '')];
}

/** A password that is no text is read as an empty one. */
export interface AuthorizeParams {
  readonly workerName: string;
  readonly password?: string | undefined;
}

/** `mining.authorize`, to the server. */
export const Authorize = defineMethod<'mining.authorize', AuthorizeParams, boolean>({
  name: 'mining.authorize',
  calledBy: 'client',
  doc: 'Names the worker whose shares are coming.',
  readParams: (json) => ({
    workerName: json.at(0, 'workerName').text(),
    password: json.at(1, 'password').optional((value) => (typeof value.json === 'string' ? value.text() : '')),
  }),
  formatParams: ({ workerName, password }) => (password === undefined ? [workerName] : [workerName, password]),
  ...truth,
});

/** `mining.extranonce.subscribe`, to the server. */
export const ExtranonceSubscribe = defineMethod<'mining.extranonce.subscribe', Record<string, never>, boolean>({
  name: 'mining.extranonce.subscribe',
  calledBy: 'client',
  doc: 'Tells that the miner understands mining.set_extranonce.',
  readParams: () => ({}),
  formatParams: () => [],
  ...truth,
});

/** Like the two in {@link SubscribeResult}: at most 32 bytes, and 0 to 32. */
export interface SetExtranonceParams {
  readonly extranonce1: Uint8Array;
  readonly extranonce2Size: number;
}

/** `mining.set_extranonce`, to a miner that asked for it, with {@link ExtranonceSubscribe} or in `mining.configure`. */
export const SetExtranonce = defineMethod<'mining.set_extranonce', SetExtranonceParams, boolean>({
  name: 'mining.set_extranonce',
  calledBy: 'server',
  doc: 'Changes the extranonce from the next job on.',
  readParams: (json) => ({
    extranonce1: json.at(0, 'extranonce1').bytes(0, MAX_EXTRANONCE1_BYTES),
    extranonce2Size: json.at(1, 'extranonce2Size').integer(0, MAX_EXTRANONCE2_BYTES),
  }),
  formatParams: ({ extranonce1, extranonce2Size }) => [toHex(extranonce1), extranonce2Size],
  ...truth,
});

/** A share. Numbers are U32, eight hex digits on the line, most significant first. */
export interface SubmitParams {
  readonly workerName: string;
  readonly jobId: string;
  /** At most 32 bytes, as they stand in the coinbase; hex on the line. */
  readonly extranonce2: Uint8Array;
  /** Unix seconds. */
  readonly ntime: number;
  readonly nonce: number;
  /** The bits of the version the miner set inside its mask (BIP310); undefined with five parameters. */
  readonly versionBits?: number | undefined;
}

/** `mining.submit`, to the server. */
export const Submit = defineMethod<'mining.submit', SubmitParams, boolean>({
  name: 'mining.submit',
  calledBy: 'client',
  doc: 'Hands in a share. Five parameters, or six once version rolling was granted.',
  readParams: (json) => ({
    workerName: json.textAt(0, 'workerName'),
    jobId: json.textAt(1, 'jobId'),
    extranonce2: json.bytesAt(2, 'extranonce2', 0, MAX_EXTRANONCE2_BYTES),
    ntime: json.wordAt(3, 'ntime'),
    nonce: json.wordAt(4, 'nonce'),
    versionBits: (json.list()[5] ?? null) === null ? undefined : json.wordAt(5, 'versionBits'),
  }),
  formatParams({ workerName, jobId, extranonce2, ntime, nonce, versionBits }) {
    const five = [workerName, jobId, toHex(extranonce2), formatWord(ntime), formatWord(nonce)];
    return versionBits === undefined ? five : [...five, formatWord(versionBits)];
  },
  ...truth,
});
