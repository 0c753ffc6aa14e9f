import { decodeBlockRecords, encodeBlockRecord } from '@stratumkit/regtest';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const join = (parts: readonly Uint8Array[]) => Uint8Array.from(parts.flatMap((part) => [...part]));

describe('block file', () => {
  it('round-trips, and every cut leaves the whole records before it', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 50 }), { maxLength: 5 }), fc.nat(400), (blocks, cut) => {
        const records = blocks.map(encodeBlockRecord);
        const file = join(records);
        expect(decodeBlockRecords(file)).toEqual({ blocks, validLength: file.length, stopped: undefined });
        const torn = file.subarray(0, cut % (file.length + 1));
        const read = decodeBlockRecords(torn);
        expect(read.blocks).toEqual(blocks.slice(0, read.blocks.length));
        expect(read.validLength).toBe(join(records.slice(0, read.blocks.length)).length);
        expect(read.stopped).toBe(read.validLength === torn.length ? undefined : 'torn-record');
      }),
      { seed: Number(process.env.FC_SEED ?? 42), numRuns: 200 },
    );
  });

  it('stops at what is no record', () => {
    const good = encodeBlockRecord(Uint8Array.of(1, 2, 3));
    expect(decodeBlockRecords(join([good, new Uint8Array(20)]))).toMatchObject({
      validLength: 11,
      stopped: 'bad-record',
    });
    const huge = Uint8Array.from(good).fill(0xff, 4, 8);
    expect(decodeBlockRecords(huge)).toMatchObject({ blocks: [], stopped: 'bad-record' });
  });
});
