import type { JsonValue } from '@stratumkit/codec';
import { Reading } from './reading.ts';

/** Who calls: the miner (`client`), the pool (`server`), or both. */
export type Caller = 'client' | 'server' | 'either';

/** One method: its parameters and its result as typed values and as JSON. */
export interface Sv1Method<Name extends string = string, Params = unknown, Result = unknown> {
  readonly name: Name;
  readonly calledBy: Caller;
  readonly doc: string;
  /** Throws `Sv1Error` `bad-params` with the path of the parameter. More parameters than the method has are ignored. */
  parseParams(json: JsonValue): Params;
  formatParams(params: Params): JsonValue;
  /** Throws `Sv1Error` `bad-result`. */
  parseResult(json: JsonValue): Result;
  formatResult(result: Result): JsonValue;
}

interface MethodSpec<Name extends string, Params, Result> {
  readonly name: Name;
  readonly calledBy: Caller;
  readonly doc: string;
  readParams(json: Reading): Params;
  formatParams(params: Params): JsonValue;
  readResult(json: Reading): Result;
  formatResult(result: Result): JsonValue;
}

export function defineMethod<const Name extends string, Params, Result>(
  spec: MethodSpec<Name, Params, Result>,
): Sv1Method<Name, Params, Result> {
  const { name, calledBy, doc } = spec;
  return {
    name,
    calledBy,
    doc,
    parseParams: (json) => spec.readParams(new Reading(json, 'bad-params', name)),
    formatParams: (params) => spec.formatParams(params),
    parseResult: (json) => spec.readResult(new Reading(json, 'bad-result', `${name} result`)),
    formatResult: (result) => spec.formatResult(result),
  };
}

/** The typed parameters of a method: `ParamsOf<typeof Submit>`. */
export type ParamsOf<M> = M extends Sv1Method<string, infer Params, unknown> ? Params : never;
/** The typed result of a method: `ResultOf<typeof Subscribe>`. */
export type ResultOf<M> = M extends { parseResult(json: JsonValue): infer Result } ? Result : never;

/** Results of methods that answer `true`. Real servers also leave the result out or send null for "done". */
export const truth = {
  readResult: (json: Reading): boolean => json.optional((value) => value.boolean()) ?? false,
  formatResult: (result: boolean): JsonValue => result,
};

/** Results of calls that nobody answers: whatever comes is dropped. */
export const nothing = {
  readResult: (): undefined => undefined,
  formatResult: (): JsonValue => null,
};
