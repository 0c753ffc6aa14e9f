import { formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import type { DecodedFrame } from '../wire/decode.ts';
import { type Recorded, variableOf } from './recorded.ts';

/** An expectation, and what it is about: of several about the same only the last counts. */
export interface Found {
  readonly about: string;
  readonly expectation: JsonObject;
}

/** Values that a replay takes from whatever its upstream last sent: a share needs the job that is mined now. */
export const VARIABLES = [
  { message: 'SetNewPrevHash', save: ['job_id', 'min_ntime'] },
  { message: 'NewTemplate', save: ['template_id'] },
  { method: 'mining.notify', save: ['/params/0', '/params/7'] },
] as const;

/** Messages that come when the upstream likes, of which the first has to be there before the downstream can go on. */
const FIRST: readonly string[] = ['SetNewPrevHash', 'NewTemplate'];

/** Fields of answers that a fresh upstream gives as the recorded one did. */
const STABLE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'SetupConnection.Success': ['used_version', 'flags'],
  'SetupConnection.Error': ['error_code'],
  'OpenStandardMiningChannel.Success': ['request_id'],
  'OpenExtendedMiningChannel.Success': ['request_id'],
  'OpenMiningChannel.Error': ['request_id', 'error_code'],
  'AllocateMiningJobToken.Success': ['request_id'],
  'DeclareMiningJob.Success': ['request_id'],
  'SetCustomMiningJob.Success': ['request_id'],
};

/** Fields of answers that name something of this upstream, and the field in which it comes back. */
const SAVED_FIELDS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'OpenStandardMiningChannel.Success': { channel_id: 'channel_id' },
  'OpenExtendedMiningChannel.Success': { channel_id: 'channel_id' },
  'AllocateMiningJobToken.Success': { mining_job_token: 'mining_job_token' },
  'DeclareMiningJob.Success': { new_mining_job_token: 'mining_job_token' },
};

/** Answers to shares and to questions about a template that may be gone: either one will do. */
const EITHER: readonly (readonly string[])[] = [
  ['RequestTransactionData.Success', 'RequestTransactionData.Error'],
  ['SetCustomMiningJob.Success', 'SetCustomMiningJob.Error'],
];

/** A message of the downstream as a replay sends it. */
export function renamedFields(json: JsonObject, { name, saved, firsts }: Recorded): JsonObject {
  const type = String(json.type);
  const fields = Object.entries(json).map(([field, value]): readonly [string, JsonValue] => {
    const variable = saved.get(`${field} ${formatJson(value)}`);
    return [field, variable === undefined ? value : { $var: variable }];
  });
  const current = (field: string) => ({ $var: variableOf(name, field) });
  return {
    ...Object.fromEntries(fields),
    ...(type.startsWith('SubmitShares') && firsts.has('SetNewPrevHash')
      ? { job_id: current('job_id'), ntime: current('min_ntime') }
      : {}),
    ...(Object.hasOwn(json, 'template_id') && firsts.has('NewTemplate') ? { template_id: current('template_id') } : {}),
  };
}

/** What a replay waits for where this came: answers, and the first work. */
export function frameExpectation({ definition, json }: DecodedFrame, recorded: Recorded): Found | undefined {
  if (definition === undefined || json === undefined) return undefined;
  const { name } = definition;
  if (FIRST.includes(name)) {
    if (recorded.firsts.has(name)) return undefined;
    recorded.firsts.add(name);
    return { about: name, expectation: { message: name } };
  }
  // The rest comes when the upstream likes.
  if (!/\.(?:Success|Error)$/.test(name)) return undefined;
  if (name === 'SubmitShares.Success') return shareAnswer(json, json.last_sequence_number, recorded);
  if (name === 'SubmitShares.Error') return shareAnswer(json, json.sequence_number, recorded);
  const either = EITHER.find((names) => names.includes(name));
  if (either !== undefined) return { about: formatJson(json), expectation: { message: either } };
  const fields = (STABLE_FIELDS[name] ?? []).map((field) => [field, json[field] ?? null] as const);
  const saves = Object.entries(SAVED_FIELDS[name] ?? {}).map(([field, comesBackAs]) => {
    const text = formatJson(json[field] ?? null);
    const variable = variableOf(recorded.name, `${field} ${recorded.saved.size + 1}`);
    recorded.saved.set(`${comesBackAs} ${text}`, variable);
    return [field, variable] as const;
  });
  return {
    about: formatJson(json),
    expectation: {
      message: name,
      ...(fields.length === 0 ? {} : { fields: Object.fromEntries(fields) }),
      ...(saves.length === 0 ? {} : { save: Object.fromEntries(saves) }),
    },
  };
}

/** The answer to the share of this number: credited alone or with later ones, or refused. */
function shareAnswer(json: JsonObject, sequenceNumber: JsonValue = 0, { saved }: Recorded): Found {
  const { channel_id = 0 } = json;
  const variable = saved.get(`channel_id ${formatJson(channel_id)}`);
  const channel = { channel_id: variable === undefined ? channel_id : { $var: variable } };
  return {
    about: `shares of ${formatJson(channel_id)}`,
    expectation: {
      any_of: [
        {
          message: 'SubmitShares.Success',
          fields: { ...channel, last_sequence_number: { $range: [sequenceNumber, null] } },
        },
        { message: 'SubmitShares.Error', fields: { ...channel, sequence_number: sequenceNumber } },
      ],
    },
  };
}
