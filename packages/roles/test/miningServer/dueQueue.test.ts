import { describe, expect, it } from 'vitest';
import { DueQueue } from '../../src/miningServer/dueQueue.ts';

describe('DueQueue', () => {
  it('hands out in the order of time, and nothing before its time', () => {
    const queue = new DueQueue<string>();
    queue.set('a', 10);
    queue.set('b', 20);
    expect(queue.next).toBe(10);
    expect(queue.takeDue(9)).toBeUndefined();
    expect([queue.due(9), queue.due(10), queue.due(100)]).toEqual([undefined, 'a', 'a']);
    expect(queue.takeDue(10)).toBe('a');
    expect(queue.takeDue(10)).toBeUndefined();
    expect(queue.next).toBe(20);
  });

  it('forgets what was deleted, and what was set anew waits for its new time', () => {
    const queue = new DueQueue<string>();
    queue.set('a', 10);
    queue.set('b', 20);
    queue.set('a', 30);
    expect(queue.next).toBe(20);
    queue.delete('b');
    expect(queue.has('b')).toBe(false);
    expect(queue.next).toBe(30);
    queue.delete('a');
    expect([queue.next, queue.size, queue.takeDue(100)]).toEqual([undefined, 0, undefined]);
  });

  it('forgets what comes and goes behind a first key that stays', () => {
    const queue = new DueQueue<string | number>();
    queue.set('stays', 10);
    for (let key = 0; key < 10_000; key++) {
      queue.set(key, 20 + key);
      queue.set('set anew', 20 + key);
      queue.delete(key);
    }
    expect(queue.remembered).toBeLessThan(1_100);
    expect([queue.takeDue(10), queue.takeDue(100_000), queue.size]).toEqual(['stays', 'set anew', 0]);
  });

  it('agrees with a sorted list through many operations', () => {
    const queue = new DueQueue<number>();
    const list: { key: number; atMs: number }[] = [];
    let state = 1;
    const draw = (limit: number): number => {
      state = Math.imul(state, 1_664_525) + 1_013_904_223;
      return (state >>> 8) % limit;
    };
    for (let nowMs = 0; nowMs < 20_000; nowMs++) {
      const key = draw(300);
      const at = list.findIndex((entry) => entry.key === key);
      if (at !== -1) list.splice(at, 1);
      if (draw(4) === 0) queue.delete(key);
      else {
        queue.set(key, nowMs + 50);
        list.push({ key, atMs: nowMs + 50 });
      }
      while (list[0] !== undefined && list[0].atMs <= nowMs) expect(queue.takeDue(nowMs)).toBe(list.shift()!.key);
      expect(queue.takeDue(nowMs)).toBeUndefined();
      expect([queue.next, queue.size]).toEqual([list[0]?.atMs, list.length]);
    }
  });
});
