import {
  b016m,
  b032,
  b0255,
  bool,
  defineMessage,
  f32,
  type Infer,
  type MessageSpec,
  option,
  RemoteError,
  seq064k,
  seq0255,
  str0255,
  UsageError,
  u8,
  u16,
  u32,
  u64,
  u256,
} from '@stratumkit/codec';
import { describe, expect, expectTypeOf, it } from 'vitest';
import { holding } from './fields.ts';

const Sample = defineMessage({
  name: 'Sample.Success',
  messageType: 0x42,
  channelMessage: true,
  sentBy: 'upstream',
  spec: '0.0',
  doc: 'For tests.',
  fields: {
    channelId: u32('Channel.'),
    minNtime: option(u32('Time.')),
    merklePath: seq0255(u256(), 'Path.'),
    transactions: seq064k(b016m()),
    sum: u64(),
    nSequence: u32('Sequence.', { specName: 'nSequence' }),
    note: str0255(),
  },
});
type Sample = Infer<typeof Sample>;

const sample: Sample = {
  channelId: 7,
  minNtime: undefined,
  merklePath: [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)],
  transactions: [Uint8Array.of(1, 2, 3), new Uint8Array(0)],
  sum: 2n ** 64n - 1n,
  nSequence: 0xffff_ffff,
  note: 'ok',
};

/** What a thrown error says about where it happened. */
function pathOf(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return (error as UsageError).context.path;
  }
  return 'nothing was thrown';
}

describe('a definition', () => {
  it('gives the type of its values', () => {
    expectTypeOf<Sample>().toEqualTypeOf<{
      readonly channelId: number;
      readonly minNtime: number | undefined;
      readonly merklePath: readonly Uint8Array[];
      readonly transactions: readonly Uint8Array[];
      readonly sum: bigint;
      readonly nSequence: number;
      readonly note: string;
    }>();
    expectTypeOf(Sample.name).toEqualTypeOf<'Sample.Success'>();
  });

  it('tells its size bounds', () => {
    expect(Sample.minSize).toBe(4 + 1 + 1 + 2 + 8 + 4 + 1);
    expect(Sample.maxSize).toBe(4 + 5 + (1 + 255 * 32) + (2 + 65535 * (3 + 0xff_ffff)) + 8 + 4 + 256);
    expect(Sample.encodedSize(sample)).toBe(4 + 1 + (1 + 64) + (2 + 6 + 3) + 8 + 4 + 3);
  });

  it('keeps its declaration for docs and generators', () => {
    expect(Sample).toMatchObject({
      messageType: 0x42,
      extensionType: 0,
      doc: 'For tests.',
      spec: '0.0',
      sentBy: 'upstream',
    });
    expect(Object.keys(Sample.fields)).toEqual(Object.keys(sample));
    expect(Sample.specNames).toMatchObject({ channelId: 'channel_id', nSequence: 'nSequence' });
    expect(Sample.fields.minNtime).toMatchObject({ typeName: 'OPTION[U32]', doc: 'Time.' });
    expect(Sample.fields.merklePath).toMatchObject({ typeName: 'SEQ0_255[U256]', doc: 'Path.' });
  });

  it('encodes into a buffer at an offset and leaves the rest alone', () => {
    const size = Sample.encodedSize(sample);
    const out = new Uint8Array(size + 10).fill(0xee);
    expect(Sample.encodeInto(sample, out, 4)).toBe(4 + size);
    expect(out.subarray(4, 4 + size)).toEqual(Sample.encode(sample));
    expect([...out.subarray(0, 4), ...out.subarray(4 + size)]).toEqual(new Array(10).fill(0xee));
  });

  it.each([-1, 5, Number.NaN])('refuses to encode at offset %d where it does not fit', (offset) => {
    expect(() => Sample.encodeInto(sample, new Uint8Array(Sample.encodedSize(sample)), offset)).toThrow(UsageError);
  });

  it('decodes byte fields as plain views into the payload, whatever its class', () => {
    const payload = Buffer.from(Sample.encode(sample));
    const { value, rest } = Sample.decodePrefix(payload);
    const first = value.merklePath[0]!;
    expect(first.constructor).toBe(Uint8Array);
    expect(rest.constructor).toBe(Uint8Array);
    expect(first.buffer).toBe(payload.buffer);
  });

  it('decodes a payload that is part of a larger buffer', () => {
    const padded = new Uint8Array([9, 9, 9, ...Sample.encode(sample), 9]);
    expect(Sample.decode(padded.subarray(3, padded.length - 1))).toEqual(sample);
  });

  it('rejects every strict prefix', () => {
    const encoded = Sample.encode(sample);
    for (let length = 0; length < encoded.length; length++) {
      expect(() => Sample.decode(encoded.subarray(0, length))).toThrow(RemoteError);
    }
  });

  it('keeps only the lowest bit of a BOOL', () => {
    const message = holding(bool());
    expect([0x00, 0x01, 0xfe, 0xff].map((byte) => message.decode(Uint8Array.of(byte)).value)).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('an error while decoding', () => {
  it.each([
    ['Sample.Success.channelId', 3],
    ['Sample.Success.minNtime', 4],
    ['Sample.Success.merklePath', 6 + 63],
    ['Sample.Success.transactions', 70 + 2 + 5],
    ['Sample.Success.transactions[1]', 70 + 2 + 8],
    ['Sample.Success.sum', 70 + 2 + 9 + 7],
    ['Sample.Success.note', 70 + 2 + 9 + 8 + 4 + 2],
  ])('names %s', (path, length) => {
    const encoded = Sample.encode(sample);
    expect(pathOf(() => Sample.decode(encoded.subarray(0, length)))).toBe(path);
  });

  it('names the element of a sequence within a sequence', () => {
    const message = holding(seq0255(seq0255(str0255())));
    const encoded = message.encode({ value: [['a'], ['b', 'cd']] });
    expect(pathOf(() => message.decode(encoded.subarray(0, -1)))).toBe('Test.value[1][1]');
  });

  it('checks a count against what is left before it allocates', () => {
    const message = holding(seq064k(b016m()));
    expect(() => message.decode(Uint8Array.of(0xff, 0xff, 0, 0, 0))).toThrow(
      'Test.value: 65535 elements need at least 196605 bytes at offset 2, 3 left',
    );
  });

  it('tells a length its type does not allow from a missing byte', () => {
    expect(() => holding(b032()).decode(new Uint8Array(40).fill(33))).toThrow(
      'B0_32 holds at most 32, not 33, at offset 0',
    );
    expect(() => holding(option(u8())).decode(Uint8Array.of(2, 1, 1))).toThrow('OPTION[U8] holds at most 1, not 2');
  });
});

describe('an error while encoding', () => {
  it.each<[string, Partial<Record<keyof Sample, unknown>>]>([
    ['Sample.Success.channelId', { channelId: 2 ** 32 }],
    ['Sample.Success.channelId', { channelId: -1 }],
    ['Sample.Success.channelId', { channelId: 0.5 }],
    ['Sample.Success.channelId', { channelId: '7' }],
    ['Sample.Success.minNtime', { minNtime: 2 ** 32 }],
    ['Sample.Success.merklePath', { merklePath: new Array(256).fill(new Uint8Array(32)) }],
    ['Sample.Success.merklePath', { merklePath: 'x' }],
    ['Sample.Success.merklePath[1]', { merklePath: [new Uint8Array(32), new Uint8Array(31)] }],
    ['Sample.Success.transactions[1]', { transactions: [new Uint8Array(1), [1]] }],
    ['Sample.Success.sum', { sum: 2n ** 64n }],
    ['Sample.Success.sum', { sum: 5 }],
    ['Sample.Success.note', { note: 'é'.repeat(128) }],
    ['Sample.Success.note', { note: undefined }],
  ])('names %s for %o', (path, wrong) => {
    const act = () => Sample.encode({ ...sample, ...wrong } as Sample);
    expect(act).toThrow(UsageError);
    expect(pathOf(act)).toBe(path);
  });

  it('says what is allowed', () => {
    expect(() => holding(u16()).encode({ value: 70_000 })).toThrow(
      'Test.value: U16 must be an integer from 0 to 65535, not 70000',
    );
    expect(() => holding(u256()).encode({ value: new Uint8Array(31) })).toThrow(
      'Test.value: U256 must be 32 bytes, not 31 bytes',
    );
    expect(() => holding(bool()).encode({ value: 1 as never })).toThrow(
      'Test.value: BOOL must be true or false, not 1',
    );
    expect(() => holding(f32()).encode({ value: '1' as never })).toThrow('F32 must be a number');
  });
});

describe('the JSON form', () => {
  it('has the type and the names of the spec', () => {
    expect(Sample.toJson(sample)).toEqual({
      type: 'SampleSuccess',
      channel_id: 7,
      min_ntime: [],
      merkle_path: [new Array(32).fill(1), new Array(32).fill(2)],
      transactions: [[1, 2, 3], []],
      sum: 2n ** 64n - 1n,
      nSequence: 0xffff_ffff,
      note: 'ok',
    });
  });

  it('takes keys in any order and drops the unknown', () => {
    const entries = Object.entries(Sample.toJson(sample)).reverse();
    expect(Sample.fromJson(Object.fromEntries([['extra', 1], ...entries]))).toEqual(sample);
  });

  it('takes a U64 as a number while numbers are exact', () => {
    expect(holding(u64()).fromJson({ value: 5 })).toEqual({ value: 5n });
    expect(() => holding(u64()).fromJson({ value: 2 ** 53 })).toThrow(UsageError);
  });

  it('takes STR0_255 and B0_255 as text or bytes, other byte strings as bytes only', () => {
    expect(holding(str0255()).fromJson({ value: [0x68, 0xff] })).toEqual({ value: 'h\udcff' });
    expect(holding(b0255()).fromJson({ value: 'hé' })).toEqual({ value: Uint8Array.of(0x68, 0xc3, 0xa9) });
    expect(() => holding(b032()).fromJson({ value: 'h' })).toThrow(UsageError);
  });

  it('drops a bad byte at the end of a byte array only when asked to', () => {
    const message = holding(seq064k(b016m()));
    expect(() => message.fromJson({ value: [[1000]] })).toThrow(
      'Test.value[0]: B0_16M must be an array of byte numbers',
    );
    expect(message.fromJson({ value: [[1000], [1, -1]] }, { dropTrailingBadByte: true })).toEqual({
      value: [new Uint8Array(0), Uint8Array.of(1)],
    });
    expect(() => message.fromJson({ value: [[1000, 1]] }, { dropTrailingBadByte: true })).toThrow(UsageError);
  });

  it.each([
    ['a field is missing', {}, 'Test.value'],
    ['it is inherited', JSON.parse('{"__proto__":{"value":1}}'), 'Test.value'],
    ['it is no object', [], 'Test'],
    ['it is out of range', { value: 256 }, 'Test.value'],
    ['it is a string', { value: '1' }, 'Test.value'],
  ])('is refused when %s', (_name, json, path) => {
    const act = () => holding(u8()).fromJson(json);
    expect(act).toThrow(UsageError);
    expect(pathOf(act)).toBe(path);
  });
});

describe('the log view', () => {
  it('shows bytes as hexadecimal, text escaped, and cuts what is long', () => {
    const view = Sample.describe({
      ...sample,
      merklePath: new Array(20).fill(new Uint8Array(32).fill(0xab)),
      transactions: [new Uint8Array(70).fill(0xcd)],
      note: 'a\u202eb\n',
    });
    expect(view).toEqual({
      channelId: 7,
      minNtime: null,
      merklePath: [...new Array(16).fill('ab'.repeat(32)), '... (20 in all)'],
      transactions: [`${'cd'.repeat(64)}... (70 bytes)`],
      sum: '18446744073709551615',
      nSequence: 0xffff_ffff,
      note: 'a\\u{202e}b\\u{a}',
    });
  });
});

describe('a declaration that contradicts itself', () => {
  const base: MessageSpec = {
    name: 'Bad',
    messageType: 1,
    channelMessage: false,
    sentBy: 'either',
    spec: '',
    fields: {},
  };
  it.each<[string, Partial<MessageSpec>]>([
    ['a channel message without channelId', { channelMessage: true, fields: { jobId: u32() } }],
    ['a channelId that is no U32', { channelMessage: true, fields: { channelId: u16() } }],
    ['a channelId that is not first', { channelMessage: true, fields: { jobId: u32(), channelId: u32() } }],
    ['a message type above U8', { messageType: 256 }],
    ['an extension type with the channel bit', { extensionType: 0x8000 }],
    ['a field name that is not camelCase', { fields: { channel_id: u32() } }],
  ])('is refused: %s', (_name, change) => {
    expect(() => defineMessage({ ...base, ...change })).toThrow(UsageError);
  });
});
