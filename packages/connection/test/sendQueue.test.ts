import { describe, expect, it } from 'vitest';
import type { SendOptions } from '../src/index.ts';
import { SendQueue } from '../src/sendQueue.ts';

const frame = (id: number, size = 10) => new Uint8Array(size).fill(id);
const ids = (frames: readonly Uint8Array[]) => frames.map((bytes) => bytes[0]);

function queueOf(...items: [number, SendOptions?][]) {
  const queue = new SendQueue();
  let dropped = 0;
  for (const [id, options] of items) dropped += queue.push(frame(id), options);
  return { queue, dropped };
}

describe('SendQueue', () => {
  it('keeps the order, and counts', () => {
    const { queue } = queueOf([1], [2, { kind: 'reply' }], [3]);
    expect([queue.frames, queue.bytes]).toEqual([3, 30]);
    expect(ids(queue.take(Number.POSITIVE_INFINITY))).toEqual([1, 2, 3]);
    expect([queue.frames, queue.bytes]).toEqual([0, 0]);
  });

  it('takes up to a size, and at least one frame', () => {
    const { queue } = queueOf([1], [2], [3]);
    expect(ids(queue.take(5))).toEqual([1]);
    expect(ids(queue.take(20))).toEqual([2, 3]);
    expect(queue.take(20)).toEqual([]);
  });

  it('drops the job that a later one for the same channel supersedes', () => {
    const { queue, dropped } = queueOf(
      [1, { kind: 'job', channelId: 7 }],
      [2, { kind: 'job', channelId: 8 }],
      [3, { kind: 'target', channelId: 7 }],
      [4, { kind: 'job', channelId: 7 }],
    );
    expect(dropped).toBe(1);
    expect([queue.frames, queue.bytes]).toEqual([3, 30]);
    expect(ids(queue.take(1_000))).toEqual([2, 3, 4]);
  });

  it('drops the job of a channel at its prevHash, but no future job', () => {
    const { queue, dropped } = queueOf(
      [1, { kind: 'job', channelId: 7 }],
      [2, { kind: 'futureJob', channelId: 7 }],
      [3, { kind: 'prevHash', channelId: 7 }],
      [4, { kind: 'job', channelId: 7 }],
    );
    expect(dropped).toBe(1);
    expect(ids(queue.take(1_000))).toEqual([2, 3, 4]);
  });

  it('does not count a job that is on its way as dropped', () => {
    const queue = new SendQueue();
    queue.push(frame(1), { kind: 'job', channelId: 7 });
    queue.push(frame(2));
    expect(ids(queue.take(10))).toEqual([1]);
    expect(queue.push(frame(3), { kind: 'job', channelId: 7 })).toBe(0);
    expect(ids(queue.take(1_000))).toEqual([2, 3]);
  });

  it('lets a prevHash overtake acknowledgements and nothing else', () => {
    const { queue } = queueOf(
      [1, { kind: 'acknowledgement', channelId: 7 }],
      [2, { kind: 'target', channelId: 7 }],
      [3, { kind: 'acknowledgement', channelId: 7 }],
      [4, { kind: 'acknowledgement', channelId: 8 }],
      [5, { kind: 'prevHash', channelId: 7 }],
    );
    expect(ids(queue.take(1_000))).toEqual([1, 2, 5, 3, 4]);
  });

  it('stays in order over thousands of frames', () => {
    const queue = new SendQueue();
    const taken: number[] = [];
    for (let id = 0; id < 5_000; id++) {
      queue.push(Uint8Array.of(id & 0xff, id >> 8));
      if (id % 3 === 2) taken.push(...queue.take(4).map((bytes) => bytes[0]! | (bytes[1]! << 8)));
    }
    taken.push(...queue.take(Number.POSITIVE_INFINITY).map((bytes) => bytes[0]! | (bytes[1]! << 8)));
    expect(taken).toEqual(Array.from({ length: 5_000 }, (_, id) => id));
    expect([queue.frames, queue.bytes]).toEqual([0, 0]);
  });

  it('remembers no jobs that were dropped or are gone, however many there were', () => {
    const queue = new SendQueue();
    queue.push(frame(1), { kind: 'reply' });
    for (let job = 0; job < 10_000; job++) queue.push(frame(2), { kind: 'job', channelId: 1 });
    expect(queue.frames).toBe(2);
    expect(queue.remembered).toBeLessThan(2_100);
    expect(ids(queue.take(Number.POSITIVE_INFINITY))).toEqual([1, 2]);
    for (let channelId = 0; channelId < 10_000; channelId++) {
      queue.push(frame(3), { kind: 'job', channelId });
      queue.push(frame(4), { kind: 'reply' });
      expect(queue.take(channelId === 0 ? 10 : 20).length).toBeGreaterThan(0);
      expect(queue.frames).toBeGreaterThan(0);
    }
    expect(queue.remembered).toBeLessThan(2_100);
  });
});
