import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { TickTimer } from '../src/tickTimer.ts';

const clock = () => ({ monotonicMs: performance.now(), unixSeconds: 0 });

describe('TickTimer', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('ticks at the nearest deadline that it was told', () => {
    const tick = vi.fn();
    const timer = new TickTimer(clock, tick);
    const start = performance.now();
    timer.schedule(undefined);
    timer.schedule(start + 30);
    timer.schedule(start + 50);
    timer.schedule(start + 10);
    vi.advanceTimersByTime(9);
    expect(tick).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(tick).toHaveBeenCalledOnce();
    vi.advanceTimersByTime(100);
    expect(tick).toHaveBeenCalledOnce();
  });

  it('ticks in the next turn for what is due, once', () => {
    const tick = vi.fn();
    const timer = new TickTimer(clock, tick);
    timer.schedule(performance.now());
    timer.schedule(performance.now() - 5);
    expect(tick).not.toHaveBeenCalled();
    vi.advanceTimersByTime(0);
    expect(tick).toHaveBeenCalledOnce();
  });

  it('waits for a deadline that is further away than a timer can be told', () => {
    const tick = vi.fn();
    new TickTimer(clock, tick).schedule(performance.now() + 2 ** 31 + 5);
    vi.advanceTimersByTime(1_000);
    expect(tick).not.toHaveBeenCalled();
  });

  it('ticks no more once it is closed', () => {
    const tick = vi.fn();
    const timer = new TickTimer(clock, tick);
    timer.schedule(performance.now() + 10);
    timer.schedule(performance.now());
    timer.close();
    timer.schedule(performance.now());
    vi.advanceTimersByTime(100);
    expect(tick).not.toHaveBeenCalled();
  });
});
