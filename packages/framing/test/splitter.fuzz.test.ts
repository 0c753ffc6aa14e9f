import { encodeRawFrame, type Frame, FrameSplitter } from '@stratumkit/framing';
import { arbitraryChunks, propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';

const frames = fc.array(
  fc.record({
    extensionType: fc.integer({ min: 0, max: 0x7fff }),
    channelMessage: fc.boolean(),
    messageType: fc.integer({ min: 0, max: 0xff }),
    payload: fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      fc.uint8Array({ minLength: 1000, maxLength: 5000, size: 'max' }),
    ),
  }),
  { maxLength: 6 },
);

function concat(parts: readonly Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function split(chunks: readonly Uint8Array[], drainAfterEach: boolean): Frame[] {
  const splitter = new FrameSplitter({ maxPayloadSize: () => 5000 });
  const out: Frame[] = [];
  const drain = (): void => {
    for (let frame = splitter.next(); frame !== undefined; frame = splitter.next()) {
      out.push({ ...frame, payload: frame.payload.slice() });
    }
  };
  for (const chunk of chunks) {
    const given = chunk.slice();
    splitter.push(given);
    if (!drainAfterEach) continue;
    drain();
    // The caller may use its buffer again once the splitter is drained.
    given.fill(0xee);
  }
  drain();
  expect(splitter.buffered).toBe(0);
  return out;
}

it('gives the same frames for every chunking', () => {
  const cut = frames.chain((list) => {
    const stream = concat(list.map((frame) => encodeRawFrame(frame)));
    return fc.tuple(fc.constant(list), arbitraryChunks(stream), fc.boolean());
  });
  fc.assert(
    fc.property(cut, ([list, chunks, drainAfterEach]) => {
      const expected = list.map((frame) => ({ ...frame, payload: Uint8Array.from(frame.payload) }));
      expect(split(chunks, drainAfterEach)).toEqual(expected);
    }),
    propertyOptions(150),
  );
});

it('gives the same frames byte by byte', () => {
  fc.assert(
    fc.property(frames, (list) => {
      const stream = concat(list.map((frame) => encodeRawFrame(frame)));
      const bytes = Array.from(stream, (byte) => Uint8Array.of(byte));
      expect(split(bytes, true)).toEqual(list.map((frame) => ({ ...frame, payload: Uint8Array.from(frame.payload) })));
    }),
    propertyOptions(15),
  );
});
