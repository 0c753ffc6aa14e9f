import { FakeClock } from '@stratumkit/testing';
import { describe, expect, it } from 'vitest';
import { type Endpoint, Redirections } from '../../src/index.ts';

const endpoint = (name: string): Endpoint => ({ host: `${name}.example.com`, port: 3333 });
const A = endpoint('a');

describe('Redirections', () => {
  it('counts those that were followed: five, then one in ten minutes', () => {
    const clock = new FakeClock({});
    const redirections = new Redirections();
    const follow = () => redirections.follow(A, '', 0, clock.now);
    for (let turn = 0; turn < 5; turn++) expect(follow()).toEqual({ endpoint: A });
    expect(follow()).toEqual({ refused: 'too-many-redirects' });
    for (let turn = 0; turn < 3; turn++) {
      clock.advance(599_999);
      expect(follow()).toEqual({ refused: 'too-many-redirects' });
      clock.advance(1);
      expect(follow()).toEqual({ endpoint: A });
      expect(follow()).toEqual({ refused: 'too-many-redirects' });
    }
  });

  it('leads back to nobody who has just sent us away, however long the way', () => {
    const clock = new FakeClock({});
    const redirections = new Redirections();
    const [b, c] = [endpoint('b'), endpoint('c')];
    expect(redirections.follow(A, b.host, 0, clock.now)).toEqual({ endpoint: b });
    expect(redirections.follow(b, c.host, 0, clock.now)).toEqual({ endpoint: c });
    expect(redirections.follow(c, 'A.EXAMPLE.COM', 3333, clock.now)).toEqual({ refused: 'redirect-loop' });
    expect(redirections.follow(c, b.host, 3333, clock.now)).toEqual({ refused: 'redirect-loop' });
    // After an hour of maintenance it may.
    clock.advance(3_600_000);
    expect(redirections.follow(c, A.host, 0, clock.now)).toEqual({ endpoint: A });
  });

  it('does not count what was refused', () => {
    const clock = new FakeClock({});
    const redirections = new Redirections({ maxInARow: 1 });
    expect(redirections.follow(A, '127.0.0.1', 0, clock.now)).toEqual({ refused: 'private-host' });
    expect(redirections.follow(A, 'b c', 0, clock.now)).toEqual({ refused: 'bad-host' });
    expect(redirections.follow(A, '', 0, clock.now)).toEqual({ endpoint: A });
  });
});
