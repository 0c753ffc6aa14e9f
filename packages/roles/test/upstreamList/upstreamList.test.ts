import { describe, expect, it } from 'vitest';
import { UpstreamList } from '../../src/index.ts';

const at = (monotonicMs: number) => ({ monotonicMs, unixSeconds: 0 });

function list(random = 1 - Number.EPSILON) {
  const policy = { firstDelayMs: 100, maxDelayMs: 1_000, attemptsPerUpstream: 2 };
  return new UpstreamList({ upstreams: ['a', 'b'], random: () => random, policy });
}

describe('UpstreamList', () => {
  it('starts with the first one, at once and only once', () => {
    const upstreams = list();
    expect(upstreams.due(at(0))).toBeUndefined();
    upstreams.start(at(5));
    expect(upstreams.deadline).toBe(5);
    expect(upstreams.due(at(5))).toBe('a');
    expect(upstreams.due(at(5))).toBeUndefined();
    expect(upstreams.deadline).toBeUndefined();
  });

  it('backs off, goes on to the next one, and comes back for ever', () => {
    const upstreams = list();
    const tried: string[] = [];
    const delays: number[] = [];
    for (let i = 0; i < 8; i++) {
      delays.push(upstreams.failed(at(0)));
      tried.push(upstreams.due(at(delays.at(-1)!))!);
    }
    expect(delays).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000]);
    expect(tried.join('')).toBe('abbaabba');
  });

  it('waits half of the delay to all of it', () => {
    expect(list(0).failed(at(0))).toBe(50);
    expect(list(0.5).failed(at(0))).toBe(75);
  });

  it('starts over after it has served work', () => {
    const upstreams = list();
    for (let i = 0; i < 5; i++) upstreams.failed(at(0));
    upstreams.succeeded();
    expect(upstreams.failed(at(10))).toBe(100);
    expect(upstreams.due(at(109))).toBeUndefined();
    expect(upstreams.due(at(110))).toBeDefined();
  });
});
