import type { JsonObject } from '@stratumkit/codec';
import { isObject } from '../format/reader.ts';
import { atPointer } from '../run/sv1Checks.ts';
import type { Scope } from '../values/evaluate.ts';
import { matches } from '../values/match.ts';
import type { DecodedFrame } from '../wire/decode.ts';
import type { DecodedLine } from '../wire/peer.ts';
import type { Effect, Heading, Rule } from './script.ts';

/** Counts the messages of one connection and tells what becomes of each. */
export class RuleBook {
  readonly #entries: { readonly rule: Rule; seen: number }[];
  readonly #scope: Scope;

  constructor(rules: readonly Rule[], scope: Scope) {
    this.#entries = rules.map((rule) => ({ rule, seen: 0 }));
    this.#scope = scope;
  }

  /** The first rule that fires decides; every rule that matches counts. */
  effectOn(message: DecodedFrame | DecodedLine, to: Heading): Effect | undefined {
    let effect: Effect | undefined;
    for (const entry of this.#entries) {
      if (!this.#isMeant(entry.rule, message, to)) continue;
      entry.seen++;
      if (effect === undefined && fires(entry.rule, entry.seen)) effect = entry.rule.effect;
    }
    return effect;
  }

  #isMeant(rule: Rule, message: DecodedFrame | DecodedLine, to: Heading): boolean {
    if (rule.to !== undefined && rule.to !== to) return false;
    if ('frame' in message) {
      if (rule.methods.length > 0) return false;
      const { definition, json } = message;
      if (rule.definitions.length > 0 && (definition === undefined || !rule.definitions.includes(definition)))
        return false;
      return rule.fields.every(
        ([name, expected]) => hasField(json, name) && matches(expected, json?.[name] ?? null, this.#scope),
      );
    }
    if (rule.definitions.length > 0) return false;
    const { json = null } = message;
    const method = isObject(json) ? json.method : undefined;
    if (rule.methods.length > 0 && !(typeof method === 'string' && rule.methods.includes(method))) return false;
    return rule.fields.every(([pointer, expected]) => {
      const value = atPointer(json, pointer);
      return value !== undefined && matches(expected, value, this.#scope);
    });
  }
}

function hasField(json: JsonObject | undefined, name: string): boolean {
  return json !== undefined && Object.hasOwn(json, name);
}

function fires({ nth, every }: Rule, seen: number): boolean {
  if (nth.length > 0) return nth.includes(seen);
  return every === undefined || seen % every === 0;
}
