import type { Sv1Call } from './message.ts';
import type { ParamsOf, Sv1Method } from './method.ts';
import { Configure } from './methods/configure.ts';
import {
  ClientGetVersion,
  ClientReconnect,
  ClientShowMessage,
  GetTransactions,
  MultiVersion,
  Ping,
} from './methods/control.ts';
import { Authorize, ExtranonceSubscribe, SetExtranonce, Submit, Subscribe } from './methods/session.ts';
import { Notify, SetDifficulty, SetVersionMask, SuggestDifficulty, SuggestTarget } from './methods/work.ts';

const METHODS = [
  Configure,
  Subscribe,
  Authorize,
  Submit,
  ExtranonceSubscribe,
  SuggestDifficulty,
  SuggestTarget,
  MultiVersion,
  GetTransactions,
  Ping,
  Notify,
  SetDifficulty,
  SetExtranonce,
  SetVersionMask,
  ClientReconnect,
  ClientShowMessage,
  ClientGetVersion,
] as const;

type AnyMethod = (typeof METHODS)[number];

/** A call of a known method with its parameters, told apart by `method`. */
export type TypedCall = {
  [Name in AnyMethod['name']]: {
    readonly method: Name;
    readonly params: ParamsOf<Extract<AnyMethod, { readonly name: Name }>>;
  };
}[AnyMethod['name']];

const BY_NAME: ReadonlyMap<string, Sv1Method> = new Map(
  METHODS.map((method) => [method.name, method as unknown as Sv1Method]),
);

/** Every method of this package. */
export const SV1_METHODS: readonly Sv1Method[] = [...BY_NAME.values()];

/** The method of this name, or undefined. */
export function methodOf(name: string): Sv1Method | undefined {
  return BY_NAME.get(name);
}

/** The call with its parameters typed, or undefined for a method this package does not know. Throws `Sv1Error` `bad-params`. */
export function typedCall(call: Sv1Call): TypedCall | undefined {
  const method = BY_NAME.get(call.method);
  if (method === undefined) return undefined;
  return { method: call.method, params: method.parseParams(call.params) } as TypedCall;
}
