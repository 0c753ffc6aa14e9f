import { decodeLine, encodeCall, encodeResponse, MAX_DEPTH, rpcError, rpcId } from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';

const decode = (text: string) => decodeLine(new TextEncoder().encode(text));
const text = (line: Uint8Array) => new TextDecoder().decode(line);

describe('decodeLine', () => {
  it.each([
    ['a number', '{"id":4,"method":"mining.ping"}', '4'],
    ['a number no double keeps', '{"method":"mining.ping","id": 12345678901234567890 }', '12345678901234567890'],
    ['a number in an odd spelling', '{"id":1.0,"method":"mining.ping"}', '1.0'],
    ['a string', '{"id":"a\\"\\u00e9,}","method":"mining.ping"}', '"a\\"\\u00e9,}"'],
    ['null', '{"id":null,"method":"mining.ping"}', 'null'],
    ['an escaped key', '{"\\u0069d":7,"method":"mining.ping"}', '7'],
    ['none', '{"method":"mining.ping"}', undefined],
    ['none, but one further in', '{"method":"mining.ping","params":{"id":9}}', undefined],
  ])('keeps an id that is %s', (_name, line, id) => {
    const message = decode(line);
    expect(message.id).toBe(id);
    const answer = text(encodeResponse(message.id, { result: true }));
    expect(answer).toBe(`{"id":${id ?? 'null'},"result":true,"error":null}\n`);
  });

  it('keeps the parameters of methods it does not know', () => {
    expect(decode('{"id":1,"method":"mining.teleport","params":{"a":[1,"b"]}}')).toEqual({
      type: 'call',
      id: '1',
      method: 'mining.teleport',
      params: { a: [1, 'b'] },
    });
    expect(decode('{"id":1,"method":"x"}')).toMatchObject({ params: [] });
  });

  it.each([
    ['[21,"stale",null]', { code: 21, message: 'stale' }],
    ['[21,"stale",[1]]', { code: 21, message: 'stale', data: [1] }],
    ['{"code":23,"message":"low"}', { code: 23, message: 'low' }],
    ['"text"', { code: 20, message: 'text' }],
    ['[]', { code: 20, message: 'Other/Unknown' }],
    ['null', undefined],
  ])('reads the error %s', (error, expected) => {
    expect(decode(`{"id":1,"result":null,"error":${error}}`)).toEqual({
      type: 'response',
      id: '1',
      result: null,
      error: expected,
    });
  });

  const deep = (depth: number) => `{"id":1,"method":"x","params":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`;

  it('takes the deepest message allowed', () => {
    expect(decode(deep(MAX_DEPTH))).toMatchObject({ method: 'x' });
  });

  it.each([
    ['too-deep', deep(MAX_DEPTH + 1)],
    ['too-deep', '['.repeat(60_000)],
    ['batch', '[{"id":1,"method":"mining.ping"}]'],
    ['not-an-object', '"mining.ping"'],
    ['not-an-object', 'null'],
    ['not-json', '{"id":1,"method":"mining.ping"'],
    ['not-json', '{"id":1,"method":"a\u0000b"}'],
    ['not-json', '{"id":01,"method":"x"}'],
    ['not-json', '{"\\x":1}'],
    ['duplicate-key', '{"id":1,"method":"x","id":2}'],
    ['duplicate-key', '{"id":1,"method":"x","\\u0069d":2}'],
    ['duplicate-key', '{"method":"x","params":[{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"j":1,"j":1}]}'],
    ['forbidden-key', '{"method":"x","params":{"__proto__":{"a":1}}}'],
    ['forbidden-key', '{"method":"x","\\u005f_proto__":1}'],
    ['huge-number', '{"method":"x","params":[1e999]}'],
    ['huge-number', `{"method":"x","params":[-${'9'.repeat(400)}]}`],
    ['bad-message', '{"id":1,"method":7}'],
    ['bad-message', '{"id":1}'],
    ['bad-message', '{"id":[1],"method":"x"}'],
    ['bad-message', '{"id":{},"method":"x"}'],
    ['bad-message', `{"id":"${'i'.repeat(127)}","method":"x"}`],
  ])('refuses as %s', (code, line) => {
    expect(() => decode(line)).toThrow(expect.objectContaining({ code }));
  });

  it('refuses bytes that are not UTF-8 and takes those that are', () => {
    expect(() => decodeLine(Uint8Array.of(0x22, 0xff, 0x22))).toThrow(expect.objectContaining({ code: 'not-utf8' }));
    expect(decode('{"method":"é\u{1f600}"}')).toMatchObject({ method: 'é\u{1f600}' });
  });

  it('takes ids up to a length', () => {
    const id = `"${'i'.repeat(126)}"`;
    expect(decode(`{"id":${id},"method":"x"}`)).toMatchObject({ id });
  });

  it('names the id in the refusal when it had been read', () => {
    expect(() => decode('{"id":"q","method":7}')).toThrow(expect.objectContaining({ context: { id: '"q"' } }));
  });

  it('is not fooled by names of Object.prototype', () => {
    expect(decode('{"id":1,"method":"toString","params":{"constructor":1}}')).toMatchObject({ method: 'toString' });
    expect(() => decode('{"id":1}')).toThrow(expect.objectContaining({ code: 'bad-message' }));
  });
});

describe('encoding', () => {
  it('writes notifications with the id null', () => {
    expect(text(encodeCall({ method: 'mining.set_difficulty', params: [0.001] }))).toBe(
      '{"id":null,"method":"mining.set_difficulty","params":[0.001]}\n',
    );
    expect(text(encodeCall({ id: rpcId(4), method: 'é', params: [] }))).toBe('{"id":4,"method":"é","params":[]}\n');
  });

  it('writes errors as [code, text, null]', () => {
    expect(text(encodeResponse('4', { error: rpcError('duplicateShare') }))).toBe(
      '{"id":4,"result":null,"error":[22,"Duplicate share",null]}\n',
    );
  });
});
