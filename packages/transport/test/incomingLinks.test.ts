import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { IncomingLinks, type Link } from '../src/index.ts';

function fakeLink(id: number) {
  return { id, send: vi.fn(), close: vi.fn(), setOpenChannels: vi.fn() } satisfies Partial<Link<'mining'>>;
}

function twoLinks() {
  const links = new IncomingLinks<'mining'>();
  const [first, second] = [fakeLink(1), fakeLink(2)];
  for (const link of [first, second]) links.add(link as unknown as Link<'mining'>);
  return { links, first, second };
}

describe('IncomingLinks', () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it('hands a frame to those it is for, as far as they are there', () => {
    const { links, first, second } = twoLinks();
    const frame = Uint8Array.of(1);
    links.send({ to: [2, 9], frame, kind: 'control' });
    links.send({ to: [1], frame, kind: 'job', channelId: 5 });
    expect(second.send.mock.calls).toEqual([[frame, { kind: 'control' }]]);
    expect(first.send.mock.calls).toEqual([[frame, { kind: 'job', channelId: 5 }]]);
    links.setOpenChannels(1, 3);
    links.close(2, 'drained');
    links.close(9, 'drained');
    expect(first.setOpenChannels.mock.calls).toEqual([[3]]);
    expect(second.close.mock.calls).toEqual([['role-decision', { reason: 'drained' }]]);
  });

  it('is empty when the last one is removed', async () => {
    const { links } = twoLinks();
    const emptied = vi.fn();
    const empty = links.empty(1_000).then(emptied);
    expect([links.remove(1), links.remove(1), links.size]).toEqual([true, false, 1]);
    await vi.advanceTimersByTimeAsync(0);
    expect(emptied).not.toHaveBeenCalled();
    expect(links.remove(2)).toBe(true);
    await empty;
    expect(vi.getTimerCount()).toBe(0);
    await links.empty(1_000);
  });

  it('waits no longer than it was told', async () => {
    const { links } = twoLinks();
    const emptied = vi.fn();
    const empty = links.empty(1_000).then(emptied);
    await vi.advanceTimersByTimeAsync(999);
    expect(emptied).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    await empty;
    expect(links.size).toBe(2);
  });
});
