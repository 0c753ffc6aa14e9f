import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addressKey, ConnectionGate, type Permit } from '../src/index.ts';

describe('ConnectionGate', () => {
  it('refuses by the limit that is reached', () => {
    const gate = new ConnectionGate({ maxConnections: 3, maxPerAddress: 2, maxPending: 3, maxPendingPerAddress: 2 });
    const first = gate.admit('10.0.0.1') as Permit;
    expect(gate.admit('10.0.0.1').admitted).toBe(true);
    expect(gate.admit('10.0.0.1')).toEqual({ admitted: false, cause: 'address-limit' });
    expect(gate.admit('10.0.0.2').admitted).toBe(true);
    expect(gate.admit('10.0.0.3')).toEqual({ admitted: false, cause: 'connection-limit' });
    first.release();
    expect(gate.admit('10.0.0.3').admitted).toBe(true);
  });

  it('bounds connections that are not set up yet', () => {
    const gate = new ConnectionGate({ maxPending: 2, maxPendingPerAddress: 1 });
    const first = gate.admit('10.0.0.1') as Permit;
    expect(gate.admit('10.0.0.1')).toEqual({ admitted: false, cause: 'handshake-limit' });
    gate.admit('10.0.0.2');
    expect(gate.admit('10.0.0.3')).toEqual({ admitted: false, cause: 'handshake-limit' });
    first.established();
    expect(gate.admit('10.0.0.1').admitted).toBe(true);
  });

  it('counts right, whatever is admitted, established and released how often', () => {
    const step = fc.tuple(fc.constantFrom('admit', 'establish', 'release'), fc.nat({ max: 4 }), fc.nat());
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const gate = new ConnectionGate({
          maxConnections: 8,
          maxPerAddress: 3,
          maxPending: 5,
          maxPendingPerAddress: 2,
        });
        const held: { permit: Permit; pending: boolean; released: boolean }[] = [];
        for (const [action, address, pick] of steps) {
          if (action === 'admit') {
            const permit = gate.admit(`10.0.0.${address}`);
            if (permit.admitted) held.push({ permit, pending: true, released: false });
            continue;
          }
          const chosen = held[pick % Math.max(1, held.length)];
          if (chosen === undefined) continue;
          chosen.pending = false;
          if (action === 'establish') chosen.permit.established();
          else {
            chosen.permit.release();
            chosen.released = true;
          }
          expect(gate.connections).toBe(held.filter((item) => !item.released).length);
          expect(gate.pending).toBe(held.filter((item) => item.pending).length);
        }
        for (const { permit } of held) permit.release();
        expect([gate.connections, gate.pending, gate.addresses]).toEqual([0, 0, 0]);
      }),
      propertyOptions(300),
    );
  });
});

describe('addressKey', () => {
  it.each([
    ['10.1.2.3', '10.1.2.3'],
    ['::ffff:10.1.2.3', '10.1.2.3'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:DB8:1:2::9', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
  ])('%s is of %s', (address, key) => {
    expect(addressKey(address)).toBe(key);
  });
});
