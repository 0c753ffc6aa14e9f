import { formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { isObject } from '../format/reader.ts';
import type { DecodedLine } from '../wire/peer.ts';
import { type Recorded, variableOf } from './recorded.ts';
import type { Found } from './replaying.ts';

/** An SV1 call as a replay sends it: its shares are of the job that is mined then. */
export function renamedParams(json: JsonObject, { name, firsts }: Recorded): JsonObject {
  if (json.method !== 'mining.submit' || !Array.isArray(json.params) || !firsts.has('mining.notify')) return json;
  const [worker = '', , extranonce2 = '', , ...rest] = json.params as readonly JsonValue[];
  const current = (pointer: string) => ({ $var: variableOf(name, pointer) });
  return { ...json, params: [worker, current('/params/0'), extranonce2, current('/params/7'), ...rest] };
}

/** What a replay waits for where this came: answers, and the first job. The rest comes when the upstream likes. */
export function lineExpectation({ json }: DecodedLine, { firsts }: Recorded): Found | undefined {
  if (!isObject(json)) return undefined;
  const { method, id = null } = json;
  if (typeof method !== 'string') return { about: `response ${formatJson(id)}`, expectation: { id } };
  if (method !== 'mining.notify' || firsts.has(method)) return undefined;
  firsts.add(method);
  return { about: method, expectation: { method } };
}
