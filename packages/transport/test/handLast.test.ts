import { afterEach, expect, it, vi } from 'vitest';
import { handLast } from '../src/connect.ts';

afterEach(() => vi.useRealTimers());

it('lets a fault met at the end of a link end the process, and no other', () => {
  vi.useFakeTimers({ toFake: ['setImmediate'] });
  const fail = () => {
    throw new Error('a bug');
  };
  expect(() => handLast(false, fail)).toThrow('a bug');
  expect(vi.getTimerCount()).toBe(0);
  handLast(true, fail);
  expect(vi.getTimerCount()).toBe(1);
  vi.clearAllTimers();
});
