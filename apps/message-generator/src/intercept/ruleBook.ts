import { type JsonObject, type JsonValue, type MessageDefinition, UsageError } from '@stratumkit/codec';
import { isObject } from '../format/reader.ts';
import { atPointer } from '../run/sv1Checks.ts';
import { evaluate, type Scope } from '../values/evaluate.ts';
import { matches } from '../values/match.ts';
import type { DecodedFrame } from '../wire/decode.ts';
import type { DecodedLine } from '../wire/peer.ts';
import type { Effect, Heading, Rule } from './script.ts';

/** Counts the messages of one connection and tells what becomes of each. */
export class RuleBook {
  readonly #entries: { readonly rule: Rule; seen: number }[];
  readonly #scope: Scope;
  readonly #passed = new Set<MessageDefinition>();

  constructor(rules: readonly Rule[], scope: Scope) {
    this.#entries = rules.map((rule) => ({ rule, seen: 0 }));
    this.#scope = scope;
  }

  /** The first rule that fires decides; every rule that matches counts. */
  effectOn(message: DecodedFrame | DecodedLine, to: Heading): Effect | undefined {
    if (this.#entries.length > 0) this.#setVariables('now', message);
    let effect: Effect | undefined;
    for (const entry of this.#entries) {
      if (!this.#isMeant(entry.rule, message, to)) continue;
      entry.seen++;
      if (effect === undefined && fires(entry.rule, entry.seen)) effect = entry.rule.effect;
    }
    return effect;
  }

  /** Called when the message is dealt with: its fields are those of the last of its type from now on. */
  passed(message: DecodedFrame | DecodedLine): void {
    if (this.#entries.length === 0) return;
    if (!('frame' in message)) {
      const method = atPointer(message.json ?? null, '/method');
      if (typeof method === 'string') this.#setVariables(method, message);
    } else if (message.definition !== undefined) {
      this.#passed.add(message.definition);
      this.#setVariables(message.definition.name, message);
    }
  }

  #setVariables(prefix: string, message: DecodedFrame | DecodedLine): void {
    if (!('frame' in message)) {
      const params = atPointer(message.json ?? null, '/params');
      if (!Array.isArray(params)) return;
      for (const [index, value] of params.entries()) this.#scope.variables.set(`${prefix}/params/${index}`, value);
      return;
    }
    for (const [field, value] of Object.entries(message.json ?? {})) {
      this.#scope.variables.set(`${prefix}.${field}`, value);
    }
  }

  #holds(value: JsonValue, is: JsonValue): boolean {
    return this.#whereKnown(() => matches(is, evaluate(value, this.#scope), this.#scope));
  }

  #fits(expected: JsonValue, value: JsonValue): boolean {
    return this.#whereKnown(() => matches(expected, value, this.#scope));
  }

  /** A value that is not known yet is as nothing says. */
  #whereKnown(isSo: () => boolean): boolean {
    try {
      return isSo();
    } catch (error) {
      if (error instanceof UsageError) return false;
      throw error;
    }
  }

  #isMeant(rule: Rule, message: DecodedFrame | DecodedLine, to: Heading): boolean {
    if (rule.to !== undefined && rule.to !== to) return false;
    if (rule.unseen.some((definition) => this.#passed.has(definition))) return false;
    if (!rule.when.every(({ value, is }) => this.#holds(value, is))) return false;
    if ('frame' in message) {
      if (rule.methods.length > 0 || rule.text !== undefined) return false;
      if (rule.malformed && message.error === undefined && message.rest.length === 0) return false;
      const { payload, rest } = rule;
      if (payload !== undefined && !this.#fits(payload, Array.from(message.frame.payload))) return false;
      if (rest !== undefined && !this.#fits(rest, Array.from(message.rest))) return false;
      if (rule.messageType !== undefined && rule.messageType !== message.frame.messageType) return false;
      const { definition, json } = message;
      if (rule.definitions.length > 0 && (definition === undefined || !rule.definitions.includes(definition)))
        return false;
      return rule.fields.every(
        ([name, expected]) => hasField(json, name) && this.#fits(expected, json?.[name] ?? null),
      );
    }
    if (rule.text !== undefined && !this.#fits(rule.text, message.text)) return false;
    if (rule.definitions.length > 0 || rule.malformed || rule.messageType !== undefined) return false;
    const { json = null } = message;
    const method = isObject(json) ? json.method : undefined;
    if (rule.methods.length > 0 && !(typeof method === 'string' && rule.methods.includes(method))) return false;
    return rule.fields.every(([pointer, expected]) => {
      const value = atPointer(json, pointer);
      return value !== undefined && this.#fits(expected, value);
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
