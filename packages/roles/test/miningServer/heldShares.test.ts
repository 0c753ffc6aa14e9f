import type { AcceptedShare } from '@stratumkit/channels';
import { describe, expect, it } from 'vitest';
import { HeldShares } from '../../src/miningServer/heldShares.ts';
import type { ServedChannel } from '../../src/miningServer/peer.ts';

const channel = (): ServedChannel => ({}) as ServedChannel;
const share = (sequenceNumber: number): AcceptedShare => ({ sequenceNumber }) as AcceptedShare;
const numbers = (settled: ReturnType<HeldShares['settle']>) =>
  settled?.released.map((each) => each.share.sequenceNumber);

describe('shares that wait for an upstream', () => {
  it('are released in the order they were submitted, the ones behind them too', () => {
    const held = new HeldShares();
    const mine = channel();
    const first = held.hold(mine, share(0), undefined);
    held.queueBehind(mine, share(1), undefined);
    const third = held.hold(mine, share(2), undefined);
    held.queueBehind(mine, share(3), undefined);
    expect([held.of(mine), held.size]).toEqual([4, 4]);
    expect(numbers(held.settle(third, 'accepted'))).toEqual([]);
    expect(numbers(held.settle(first, 'accepted'))).toEqual([0, 1, 2, 3]);
    expect([held.of(mine), held.size]).toEqual([0, 0]);
  });

  it('that were refused hold back nobody', () => {
    const held = new HeldShares();
    const mine = channel();
    const first = held.hold(mine, share(0), 'worker');
    held.queueBehind(mine, share(1), undefined);
    const settled = held.settle(first, 'refused');
    expect(settled?.held).toMatchObject({ worker: 'worker', share: { sequenceNumber: 0 } });
    expect(numbers(settled)).toEqual([1]);
    expect(held.settle(first, 'accepted')).toBeUndefined();
  });

  it('that nobody knows about keep their place, for what lies before them is told first', () => {
    const held = new HeldShares();
    const mine = channel();
    const first = held.hold(mine, share(0), undefined);
    const second = held.hold(mine, share(1), undefined);
    held.queueBehind(mine, share(2), undefined);
    expect(numbers(held.settle(second, 'unknown'))).toEqual([]);
    const settled = held.settle(first, 'accepted');
    expect(settled?.released.map(({ state }) => state)).toEqual(['accepted', 'unknown', 'accepted']);
  });

  it('do not hold back other channels', () => {
    const held = new HeldShares();
    const [one, two] = [channel(), channel()];
    held.hold(one, share(0), undefined);
    const other = held.hold(two, share(0), undefined);
    expect(numbers(held.settle(other, 'accepted'))).toEqual([0]);
    expect([held.of(one), held.of(two)]).toEqual([1, 0]);
  });
});
