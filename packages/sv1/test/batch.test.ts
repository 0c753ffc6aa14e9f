import { RemoteError } from '@stratumkit/codec';
import { decodeLine, decodeMessages, MAX_BATCH_MESSAGES, MAX_DEPTH } from '@stratumkit/sv1';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countMessages } from '../src/batch.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const read = (text: string) =>
  decodeMessages(bytes(text)).map((message) => (message instanceof RemoteError ? message.code : message.id));
const PING = '{"id":1,"method":"mining.ping"}';

describe('decodeMessages', () => {
  it.each<[string, string, readonly (string | undefined)[]]>([
    ['a message alone', PING, ['1']],
    ['a message behind spaces', ` \t${PING} `, ['1']],
    ['a batch of one', `[${PING}]`, ['1']],
    [
      'ids as they came',
      ` [ {"id":1.0,"method":"x"} ,{"method":"x", "id" : "\\u0041,]}" },{"method":"x"}]`,
      ['1.0', '"\\u0041,]}"', undefined],
    ],
    ['calls and answers', `[${PING},{"id":2,"result":true}]`, ['1', '2']],
    ['nested parameters', '[{"id":1,"method":"x","params":[[1,2],{"a":[3,4]}]},{"id":2,"method":"x"}]', ['1', '2']],
    [
      'what is no message among others',
      `[7,${PING},null,[],[${PING}],"a,b",{},{"id":3,"id":4,"method":"x"}]`,
      ['not-an-object', '1', 'not-an-object', 'batch', 'batch', 'not-an-object', 'bad-message', 'duplicate-key'],
    ],
    [
      'as many as allowed',
      `[${Array.from({ length: MAX_BATCH_MESSAGES }, (_, id) => `{"id":${id},"method":"x"}`)}]`,
      Array.from({ length: MAX_BATCH_MESSAGES }, (_, id) => `${id}`),
    ],
  ])('reads %s', (_name, line, expected) => {
    expect(read(line)).toEqual(expected);
  });

  it.each([
    ['batch', '[]'],
    ['batch', ' [ ] '],
    ['batch', `[${Array.from({ length: MAX_BATCH_MESSAGES + 1 }, () => PING)}]`],
    ['too-deep', `[{"id":1,"method":"x","params":${'['.repeat(MAX_DEPTH - 1)}${']'.repeat(MAX_DEPTH - 1)}}]`],
    ['too-deep', '['.repeat(60_000)],
    ['not-json', `[${PING}`],
    ['not-json', `[${PING},]`],
    ['not-json', `[${PING}]]`],
    ['not-json', `[${PING}]${PING}`],
    ['not-json', `${PING},${PING}`],
  ])('refuses as %s', (code, line) => {
    expect(() => decodeMessages(bytes(line))).toThrow(expect.objectContaining({ code }));
  });

  it('reads from any JSON what decodeLine reads from each element', () => {
    const element = fc.oneof(
      fc.record({ id: fc.jsonValue({ maxDepth: 1 }), method: fc.string(), params: fc.jsonValue({ maxDepth: 2 }) }),
      fc.jsonValue({ maxDepth: 2 }),
    );
    const alone = (json: unknown) => {
      try {
        return decodeLine(bytes(JSON.stringify(json)));
      } catch (error) {
        return (error as RemoteError<string>).code;
      }
    };
    fc.assert(
      fc.property(
        fc.array(element, { minLength: 1, maxLength: MAX_BATCH_MESSAGES }),
        fc.constantFrom(0, 2),
        (batch, indent) => {
          const messages = decodeMessages(bytes(JSON.stringify(batch, undefined, indent)));
          expect(messages.map((message) => (message instanceof RemoteError ? message.code : message))).toEqual(
            batch.map(alone),
          );
        },
      ),
      propertyOptions(),
    );
  });
});

describe('countMessages', () => {
  it.each([
    ['a message alone', PING, 1],
    ['a batch of one', ` \t[${PING}]`, 1],
    ['an empty batch', '[]', 1],
    ['commas in strings and below', '["a,\\",b",[1,2,3],{"c":4,"d":5}]', 3],
    ['more than allowed', `[${'1,'.repeat(100)}1]`, MAX_BATCH_MESSAGES],
    ['a string that has no end', '[1,"2,3,4', 2],
    ['no JSON', '[[[,,]]]],,,', 1],
    ['nothing', '', 1],
  ])('%s', (_name, line, expected) => {
    expect(countMessages(bytes(line))).toBe(expected);
  });

  it('counts what decodeMessages reads', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: MAX_BATCH_MESSAGES }), (values) => {
        expect(countMessages(bytes(JSON.stringify(values, null, 1)))).toBe(values.length);
      }),
      propertyOptions(),
    );
  });
});
