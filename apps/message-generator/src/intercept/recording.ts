import { formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { encodeAuthorityPublicKey } from '@stratumkit/noise';
import { isObject } from '../format/reader.ts';
import type { Heading } from './script.ts';
import type { Intercepted } from './side.ts';

/** What a recording knows of one connection. */
interface Recorded {
  readonly name: string;
  protocol: 'sv1' | 'sv2';
  encrypted: boolean;
  /** Channels whose first job, or first previous hash, is in the recording already. */
  readonly firsts: Set<string>;
  readonly channels: Set<number>;
}

/** Messages that come when the upstream likes, which a replay passes over but for the first ones it needs. */
const ANY_TIME = [
  'NewMiningJob',
  'NewExtendedMiningJob',
  'SetNewPrevHash',
  'SetTarget',
  'SetExtranoncePrefix',
  'SetGroupChannel',
  'SubmitShares.Success',
  'SubmitShares.Error',
  'NewTemplate',
];
const ANY_TIME_METHODS = ['mining.notify', 'mining.set_difficulty', 'mining.set_extranonce', 'mining.set_version_mask'];

/** Fields of answers that a fresh upstream gives as the recorded one did. */
const STABLE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'SetupConnection.Success': ['used_version', 'flags'],
  'SetupConnection.Error': ['error_code'],
  'OpenStandardMiningChannel.Success': ['request_id'],
  'OpenExtendedMiningChannel.Success': ['request_id'],
  'OpenMiningChannel.Error': ['request_id', 'error_code'],
};

/**
 * The side of the one who connects, as a test: what it sent is sent again, what it was answered is expected. What differs with every
 * upstream is taken from the replay: channel ids, job ids, times. Shares of old work cannot be right again, so that any answer to
 * one will do.
 */
export class Recording {
  readonly #connections: Recorded[] = [];
  readonly #actions: { connection: string; message_ids: JsonValue[]; results: JsonValue[] }[] = [];
  #messages = 0;

  /** Messages recorded so far. */
  get size(): number {
    return this.#messages;
  }

  /** A new connection; returns what takes its messages. */
  connection(protocol: 'sv1' | 'sv2', encrypted: boolean): (message: Intercepted, to: Heading) => void {
    const name = `device-${this.#connections.length + 1}`;
    const recorded: Recorded = { name, protocol, encrypted, firsts: new Set(), channels: new Set() };
    this.#connections.push(recorded);
    return (message, to) => {
      this.#messages++;
      if (to === 'upstream') this.#sent(message, recorded);
      else this.#received(message, recorded);
    };
  }

  /** The text of a test file. */
  toTest(upstream: {
    readonly host: string;
    readonly port: number;
    readonly authorityPublicKey?: Uint8Array | undefined;
  }): string {
    const { authorityPublicKey } = upstream;
    const key = authorityPublicKey === undefined ? {} : { pub_key: encodeAuthorityPublicKey(authorityPublicKey) };
    const test: JsonObject = {
      version: '2',
      doc: 'Recorded by message-generator intercept. Shares are of old work: any answer to one will do.',
      connections: this.#connections.map(({ name, protocol, encrypted }) => ({
        name,
        role: 'client',
        protocol,
        ip: upstream.host,
        port: upstream.port,
        ...(encrypted ? key : {}),
      })),
      skip_messages: [...ANY_TIME, ...ANY_TIME_METHODS],
      watch: [
        { message: ['NewMiningJob', 'NewExtendedMiningJob'], save: { job_id: 'job_id' } },
        { message: 'SetNewPrevHash', save: { min_ntime: 'min_ntime' } },
        { method: 'mining.notify', save: { '/params/0': 'sv1_job_id', '/params/7': 'sv1_ntime' } },
      ],
      actions: this.#actions,
    };
    return `${formatJson(test, '  ')}\n`;
  }

  #action(connection: string, forSending: boolean) {
    const last = this.#actions.at(-1);
    if (last !== undefined && last.connection === connection && !(forSending && last.results.length > 0)) return last;
    const action = { connection, message_ids: [], results: [] };
    this.#actions.push(action);
    return action;
  }

  #sent(message: Intercepted, recorded: Recorded): void {
    const { message_ids } = this.#action(recorded.name, true);
    if (!('frame' in message)) {
      message_ids.push(isObject(message.json) ? { message: sv1Message(message.json) } : { raw: hexLine(message.text) });
      return;
    }
    if (message.json === undefined || message.rest.length > 0) {
      const { frame } = message;
      message_ids.push({
        frame: {
          message_type: `0x${frame.messageType.toString(16).padStart(2, '0')}`,
          extension_type: frame.extensionType,
          channel_msg: frame.channelMessage,
          payload: Array.from(frame.payload),
        },
      });
      return;
    }
    message_ids.push({ message: withVariables(message.json, recorded) });
  }

  #received(message: Intercepted, recorded: Recorded): void {
    const expectation = 'frame' in message ? frameExpectation(message, recorded) : lineExpectation(message, recorded);
    if (expectation !== undefined) this.#action(recorded.name, false).results.push(expectation);
  }
}

function withVariables(json: JsonObject, { channels, name }: Recorded): JsonObject {
  const changed: Record<string, JsonValue> = { ...json };
  const { channel_id, type } = json;
  if (typeof channel_id === 'number' && channels.has(channel_id))
    changed.channel_id = { $var: `${name} channel ${channel_id}` };
  if (typeof type === 'string' && type.startsWith('SubmitShares')) {
    changed.job_id = { $var: 'job_id' };
    changed.ntime = { $var: 'min_ntime' };
  }
  return changed;
}

function frameExpectation(
  message: Extract<Intercepted, { frame: unknown }>,
  recorded: Recorded,
): JsonValue | undefined {
  const { definition, json } = message;
  if (definition === undefined || json === undefined) return undefined;
  const { name } = definition;
  if (name === 'SubmitShares.Success' || name === 'SubmitShares.Error') {
    return { type: 'expect', message: ['SubmitShares.Success', 'SubmitShares.Error'] };
  }
  if (ANY_TIME.includes(name)) return firstExpectation(name, recorded);
  const fields = (STABLE_FIELDS[name] ?? []).map((field) => [field, json[field] ?? null] as const);
  const save: Record<string, JsonValue> = {};
  if (name.startsWith('Open') && typeof json.channel_id === 'number') {
    recorded.channels.add(json.channel_id);
    recorded.firsts.clear();
    save.channel_id = `${recorded.name} channel ${json.channel_id}`;
  }
  return {
    type: 'expect',
    message: name,
    ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
    ...(Object.keys(save).length === 0 ? {} : { save }),
  };
}

/** The first job and the first previous hash after a channel was opened: a share needs both. */
function firstExpectation(name: string, { firsts, channels }: Recorded): JsonValue | undefined {
  const isJob = name === 'NewMiningJob' || name === 'NewExtendedMiningJob';
  if (channels.size === 0 || firsts.has(name) || !(isJob || name === 'SetNewPrevHash')) return undefined;
  firsts.add(name);
  const save = isJob ? { job_id: 'job_id' } : { min_ntime: 'min_ntime' };
  return { type: 'expect', message: name, fields: {}, save };
}

function lineExpectation(
  { json }: Exclude<Intercepted, { frame: unknown }>,
  recorded: Recorded,
): JsonValue | undefined {
  if (!isObject(json)) return undefined;
  const { method, id = null } = json;
  if (typeof method !== 'string') return { type: 'expect', id };
  if (!ANY_TIME_METHODS.includes(method)) return { type: 'expect', method };
  if (method !== 'mining.notify' || recorded.firsts.has(method)) return undefined;
  recorded.firsts.add(method);
  return { type: 'expect', method, save: { '/params/0': 'sv1_job_id', '/params/7': 'sv1_ntime' } };
}

function sv1Message(json: JsonObject): JsonObject {
  if (json.method !== 'mining.submit' || !Array.isArray(json.params)) return json;
  const [worker, , extranonce2, , ...rest] = json.params as readonly JsonValue[];
  return {
    ...json,
    params: [worker ?? '', { $var: 'sv1_job_id' }, extranonce2 ?? '', { $var: 'sv1_ntime' }, ...rest],
  };
}

function hexLine(text: string): JsonValue {
  return Array.from(new TextEncoder().encode(`${text}\n`));
}
