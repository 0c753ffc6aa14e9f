import { UsageError } from '@stratumkit/codec';
import { SEED } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExtranonceAllocation, ExtranonceAllocator, type ExtranonceLease } from '../../src/index.ts';

function leaseOf(allocation: ExtranonceAllocation): ExtranonceLease {
  if (allocation.outcome !== 'allocated') throw new Error(allocation.errorCode);
  return allocation.lease;
}

describe('ExtranonceAllocator', () => {
  it('lays a pool out as server id, index and zero padding', () => {
    const allocator = new ExtranonceAllocator({ localPrefix: Uint8Array.of(7) });
    expect(allocator.maxExtranonceSize).toBe(16);
    expect(leaseOf(allocator.allocateStandard()).extranoncePrefix).toEqual(new Uint8Array(20).with(0, 7));
    expect(leaseOf(allocator.allocateStandard()).extranoncePrefix).toEqual(new Uint8Array(20).with(0, 7).with(3, 1));
    expect(leaseOf(allocator.allocateExtended(16))).toEqual({
      index: 2,
      extranoncePrefix: Uint8Array.of(7, 0, 0, 2),
      extranonceSize: 16,
    });
  });

  it.each([0, 1, 2, 8, 15, 16])('grants an extended channel exactly the %d bytes it asked for', (size) => {
    const lease = leaseOf(new ExtranonceAllocator().allocateExtended(size));
    expect(lease.extranonceSize).toBe(size);
    expect(lease.extranoncePrefix).toHaveLength(20 - size);
  });

  it.each([17, 20, 32, 65_535])('refuses %d bytes', (size) => {
    const allocator = new ExtranonceAllocator();
    expect(allocator.allocateExtended(size)).toEqual({
      outcome: 'refused',
      errorCode: 'min-extranonce-size-too-large',
    });
    expect(allocator.taken).toBe(0);
  });

  it('splits what an upstream left, down to nothing', () => {
    const upstreamPrefix = Uint8Array.of(9, 9, 9, 9, 9, 9);
    const proxy = new ExtranonceAllocator({
      upstreamPrefix,
      localPrefix: new Uint8Array(0),
      indexSize: 2,
      totalSize: 20,
    });
    expect(proxy.maxExtranonceSize).toBe(12);
    leaseOf(proxy.allocateStandard());
    expect(leaseOf(proxy.allocateExtended(12)).extranoncePrefix).toEqual(Uint8Array.of(9, 9, 9, 9, 9, 9, 0, 1));

    const last = new ExtranonceAllocator({
      upstreamPrefix,
      localPrefix: new Uint8Array(0),
      indexSize: 0,
      totalSize: 6,
    });
    const lease = leaseOf(last.allocateExtended(0));
    expect(lease.extranoncePrefix).toEqual(upstreamPrefix);
    expect(last.allocateStandard()).toEqual({ outcome: 'refused', errorCode: 'channel-capacity-exhausted' });
  });

  it.each([
    { indexSize: 5 },
    { indexSize: -1 },
    { indexSize: 1.5 },
    { totalSize: 33 },
    { totalSize: 3 },
    { upstreamPrefix: new Uint8Array(17) },
  ])('refuses the layout %o', (space) => {
    expect(() => new ExtranonceAllocator(space)).toThrow(UsageError);
  });

  it('gives an index out again only when its jobs are stale, and says when it has none left', () => {
    const allocator = new ExtranonceAllocator({ indexSize: 1 });
    const leases = Array.from({ length: 256 }, () => leaseOf(allocator.allocateStandard()));
    const exhausted = { outcome: 'refused', errorCode: 'channel-capacity-exhausted' };
    expect(allocator.allocateExtended(4)).toEqual(exhausted);

    allocator.release(leases[10]!, 1);
    expect(allocator.allocateStandard()).toEqual(exhausted);
    allocator.release(leases[20]!, 2);
    allocator.chainTipChanged();
    expect(leaseOf(allocator.allocateStandard()).index).toBe(10);
    expect(allocator.allocateStandard()).toEqual(exhausted);
    allocator.chainTipChanged();
    expect(leaseOf(allocator.allocateStandard()).index).toBe(20);
    allocator.release(leases[30]!, 0);
    expect(leaseOf(allocator.allocateStandard()).index).toBe(30);
  });

  it('does not take a lease back twice', () => {
    const allocator = new ExtranonceAllocator({ indexSize: 0 });
    const lease = leaseOf(allocator.allocateStandard());
    allocator.release(lease, 1);
    expect(() => allocator.release(lease, 1)).toThrow(UsageError);
    allocator.chainTipChanged();
    expect(() => allocator.release(lease, 0)).toThrow(UsageError);
    const next = leaseOf(allocator.allocateStandard());
    expect(() => allocator.release(lease, 0)).toThrow(UsageError);
    allocator.release(next, 0);
  });

  it('does not wait for spaces in which nothing was found when there are no others, the oldest first', () => {
    const allocator = new ExtranonceAllocator({ indexSize: 1 });
    const leases = Array.from({ length: 256 }, () => leaseOf(allocator.allocateStandard()));
    const refused = { outcome: 'refused', errorCode: 'channel-capacity-exhausted' };
    allocator.release(leases[7]!, 1);
    expect(allocator.allocateStandard()).toEqual(refused);
    allocator.release(leases[9]!, 2, false);
    allocator.release(leases[8]!, 1, false);
    expect(leaseOf(allocator.allocateStandard()).index).toBe(9);
    const again = leaseOf(allocator.allocateStandard());
    expect(again.index).toBe(8);
    expect(allocator.allocateStandard()).toEqual(refused);
    // What the first owner had to wait for says nothing about the second.
    allocator.chainTipChanged();
    allocator.chainTipChanged();
    expect(allocator.taken).toBe(255);
    allocator.release(again, 0);
    expect(allocator.taken).toBe(254);
  });

  it('never lets two channels search overlapping space', () => {
    const step = fc.oneof(
      fc.record({ type: fc.constant('standard' as const) }),
      fc.record({ type: fc.constant('extended' as const), size: fc.nat(20) }),
      fc.record({ type: fc.constant('release' as const), which: fc.nat(300), tips: fc.constantFrom(0, 1, 2) }),
      fc.record({ type: fc.constant('tip' as const) }),
    );
    const space = fc.record({
      upstreamPrefix: fc.uint8Array({ maxLength: 8 }),
      localPrefix: fc.uint8Array({ maxLength: 1 }),
      indexSize: fc.constantFrom(0, 1, 1, 2),
    });
    fc.assert(
      fc.property(space, fc.array(step, { maxLength: 400 }), (layout, steps) => {
        const allocator = new ExtranonceAllocator(layout);
        let held: ExtranonceLease[] = [];
        /** Space that somebody may still search, with the tips left. */
        let searched: { lease: ExtranonceLease; tips: number }[] = [];
        for (const action of steps) {
          if (action.type === 'tip') {
            allocator.chainTipChanged();
            searched = searched.map(({ lease, tips }) => ({ lease, tips: tips - 1 })).filter(({ tips }) => tips > 0);
          } else if (action.type === 'release') {
            const lease = held[action.which % (held.length || 1)];
            if (lease === undefined) continue;
            allocator.release(lease, action.tips as 0 | 1 | 2);
            held = held.filter((other) => other !== lease);
            if (action.tips > 0) searched.push({ lease, tips: action.tips });
          } else {
            const allocation =
              action.type === 'standard' ? allocator.allocateStandard() : allocator.allocateExtended(action.size);
            if (allocation.outcome === 'refused') continue;
            const { extranoncePrefix, extranonceSize } = allocation.lease;
            expect(extranoncePrefix.length + extranonceSize).toBe(allocator.totalSize);
            for (const other of [...held, ...searched.map(({ lease }) => lease)])
              expect(overlap(other.extranoncePrefix, extranoncePrefix)).toBe(false);
            held.push(allocation.lease);
          }
          expect(allocator.taken).toBe(held.length + searched.length);
        }
      }),
      { seed: SEED, numRuns: 100 },
    );
  });
});

/** Spaces of one full size overlap if and only if one prefix begins with the other. */
function overlap(a: Uint8Array, b: Uint8Array): boolean {
  const length = Math.min(a.length, b.length);
  return a.subarray(0, length).join() === b.subarray(0, length).join();
}
