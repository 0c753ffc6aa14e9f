import { describe, expect, it, vi } from 'vitest';
import { World } from '../src/core/world.ts';
import { GOOD_LINE, type Host } from '../src/network/host.ts';
import { Network } from '../src/network/network.ts';

const network = () => new Network(new World(1));

describe('faults that overlap on one host', () => {
  it('each change a line for as long as they last, in whatever order they end', () => {
    const host = network().addHost('pool', GOOD_LINE);
    const first = host.disturb({ latencyMs: 500 });
    const second = host.disturb({ latencyMs: 900, bytesPerMs: 2 });
    expect(host.line).toEqual({ ...GOOD_LINE, latencyMs: 900, bytesPerMs: 2 });
    first();
    expect(host.line).toEqual({ ...GOOD_LINE, latencyMs: 900, bytesPerMs: 2 });
    const third = host.disturb({ latencyMs: 700 });
    third();
    expect(host.line.latencyMs).toBe(900);
    second();
    expect(host.line).toEqual(GOOD_LINE);
  });

  it('leave nothing behind on a host that is struck twice by one of them', () => {
    const host = network().addHost('device', GOOD_LINE);
    const ends = [host, host].map((each) => each.disturb({ splitChance: 1 }));
    for (const end of ends) end();
    expect(host.line).toEqual(GOOD_LINE);
  });

  it('have it hang until the last one is over', () => {
    const host = network().addHost('device', GOOD_LINE);
    const [first, second] = [host.stall(), host.stall()];
    first();
    expect(host.stalled).toBe(true);
    second();
    expect(host.stalled).toBe(false);
  });

  it('keep it cut off until the last cut is healed', () => {
    const net = network();
    const [a, b, c] = ['a', 'b', 'c'].map((name) => net.addHost(name, GOOD_LINE)) as [Host, Host, Host];
    const release = vi.fn();
    a.wires.add({ release } as never);
    net.cut([a, b], 1);
    net.cut([a], 2);
    expect([net.isCut(a, b), net.isCut(a, c), net.isCut(b, c)]).toEqual([true, true, true]);
    net.heal(1);
    expect([net.isCut(a, b), net.isCut(a, c), net.isCut(b, c)]).toEqual([true, true, false]);
    net.heal(2);
    expect([net.isCut(a, b), net.isCut(a, c)]).toEqual([false, false]);
    expect(release).toHaveBeenCalledTimes(2);
  });

  it('let those reach each other who are cut off together', () => {
    const net = network();
    const [a, b] = ['a', 'b'].map((name) => net.addHost(name, GOOD_LINE)) as [Host, Host];
    net.cut([a, b], 1);
    net.cut([b, a], 2);
    expect(net.isCut(a, b)).toBe(false);
  });
});
