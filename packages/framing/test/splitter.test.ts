import { RemoteError, UsageError } from '@stratumkit/codec';
import { encodeRawFrame, FrameSplitter, MAX_PAYLOAD_SIZE } from '@stratumkit/framing';
import { describe, expect, it } from 'vitest';

const frame = (size: number, messageType = 0x18) => ({
  extensionType: 0,
  channelMessage: true,
  messageType,
  payload: new Uint8Array(size).fill(7),
});

describe('FrameSplitter', () => {
  it('accepts a payload of exactly the limit and refuses one byte more', () => {
    const splitter = new FrameSplitter({ maxPayloadSize: () => 100 });
    splitter.push(encodeRawFrame(frame(100)));
    expect(splitter.next()).toEqual(frame(100));
    splitter.push(encodeRawFrame(frame(101)));
    expect(() => splitter.next()).toThrow(RemoteError);
  });

  it('refuses an oversize claim on its header, before any payload has come', () => {
    const splitter = new FrameSplitter({ maxPayloadSize: ({ messageType }) => (messageType === 0x18 ? 260 : 0) });
    splitter.push(Uint8Array.of(0, 0x80, 0x18, 0xff, 0xff));
    expect(splitter.next()).toBeUndefined();
    splitter.push(Uint8Array.of(0xff));
    expect(() => splitter.next()).toThrow('a frame of type 24 claims 16777215 bytes, at most 260 are accepted');
  });

  it('asks for the limit once per frame, with the whole header', () => {
    const asked: unknown[] = [];
    const splitter = new FrameSplitter({
      maxPayloadSize: (header) => {
        asked.push(header);
        return 10;
      },
    });
    for (const byte of encodeRawFrame({ ...frame(3), extensionType: 0x0abc })) {
      splitter.push(Uint8Array.of(byte));
      splitter.next();
    }
    expect(asked).toEqual([{ extensionType: 0x0abc, channelMessage: true, messageType: 0x18, length: 3 }]);
  });

  it('is dead after a refusal', () => {
    const splitter = new FrameSplitter({ maxPayloadSize: () => 0 });
    splitter.push(encodeRawFrame(frame(1)));
    expect(() => splitter.next()).toThrow(RemoteError);
    expect(() => splitter.next()).toThrow(UsageError);
    expect(() => splitter.push(Uint8Array.of(1))).toThrow(UsageError);
  });

  it('stores what has arrived, not what the header claims', () => {
    const splitter = new FrameSplitter({ maxPayloadSize: () => MAX_PAYLOAD_SIZE });
    splitter.push(Uint8Array.of(0, 0, 0x71, 0xff, 0xff, 0xff, 1, 2, 3));
    expect(splitter.next()).toBeUndefined();
    expect(splitter.buffered).toBe(9);
  });

  it('hands out a payload that came whole as a view into its chunk', () => {
    const splitter = new FrameSplitter({ maxPayloadSize: () => 100 });
    const chunk = encodeRawFrame(frame(10));
    splitter.push(chunk);
    expect(splitter.next()?.payload.buffer).toBe(chunk.buffer);
  });

  it('counts what it holds over several chunks and frames', () => {
    const splitter = new FrameSplitter({ maxPayloadSize: () => 100 });
    const two = Uint8Array.from([...encodeRawFrame(frame(1)), ...encodeRawFrame(frame(2))]);
    splitter.push(two.subarray(0, 9));
    splitter.push(two.subarray(9));
    splitter.push(new Uint8Array(0));
    expect(splitter.buffered).toBe(15);
    expect(splitter.next()).toEqual(frame(1));
    expect(splitter.buffered).toBe(8);
    expect(splitter.next()).toEqual(frame(2));
    expect(splitter.buffered).toBe(0);
  });
});
