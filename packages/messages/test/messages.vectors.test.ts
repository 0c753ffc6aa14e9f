import { fromHex, type JsonObject, toHex } from '@stratumkit/codec';
import { ALL_MESSAGES, MESSAGES_BY_GROUP, type MessageGroup } from '@stratumkit/messages';
import { loadVectors } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';

const GROUPS = Object.keys(MESSAGES_BY_GROUP) as MessageGroup[];

describe.each(GROUPS)('vectors/messages/%s.json', (group) => {
  const vectors = loadVectors<JsonObject>(`messages/${group}`);
  const definitions = MESSAGES_BY_GROUP[group];

  it('covers every message of the group', () => {
    const covered = new Set(vectors.map(({ value }) => value.type));
    expect(definitions.map(({ name }) => name.replace('.', '')).filter((name) => !covered.has(name))).toEqual([]);
  });

  for (const { name, spec, hex, value } of vectors) {
    const definition = definitions.find((candidate) => candidate.name.replace('.', '') === value.type)!;

    it(`encodes ${name}`, () => {
      expect(toHex(definition.encode(definition.fromJson(value)))).toBe(hex);
      expect(definition.spec).toBe(spec);
    });

    it(`decodes ${name}`, () => {
      const { value: decoded, rest } = definition.decodePrefix(fromHex(hex));
      expect(rest).toHaveLength(0);
      expect(decoded).toEqual(definition.fromJson(value));
      expect(Object.keys(definition.toJson(decoded))).toEqual(Object.keys(value));
    });
  }
});

it('belongs to a group for every definition', () => {
  expect(ALL_MESSAGES).toHaveLength(GROUPS.reduce((count, group) => count + MESSAGES_BY_GROUP[group].length, 0));
});
