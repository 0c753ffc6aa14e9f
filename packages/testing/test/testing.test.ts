import { toHex } from '@stratumkit/codec';
import { ALL_MESSAGES } from '@stratumkit/messages';
import {
  arbitraryChunks,
  arbitraryOf,
  type ByteEnd,
  FakeClock,
  LinkedPair,
  loadVectors,
  propertyOptions,
  seededRandom,
  vectorFiles,
} from '@stratumkit/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

describe('FakeClock', () => {
  it('moves only when told to, and both clocks together', () => {
    const clock = new FakeClock({ monotonicMs: 10, unixSeconds: 100 });
    expect(clock.now).toEqual({ monotonicMs: 10, unixSeconds: 100 });
    expect(clock.advance(999)).toEqual({ monotonicMs: 1009, unixSeconds: 100 });
    expect(clock.advance(1)).toEqual({ monotonicMs: 1010, unixSeconds: 101 });
  });

  it('lets the wall clock jump alone', () => {
    const clock = new FakeClock({ monotonicMs: 10, unixSeconds: 100 });
    expect(clock.jumpTo(50)).toEqual({ monotonicMs: 10, unixSeconds: 50 });
  });
});

describe('seededRandom', () => {
  it('gives the same bytes for the same seed and others for another', () => {
    const first = seededRandom(1);
    expect(toHex(first(8)) + toHex(first(8))).toBe(toHex(seededRandom(1)(16)));
    expect(toHex(seededRandom(2)(16))).not.toBe(toHex(seededRandom(1)(16)));
  });
});

describe('LinkedPair', () => {
  /** Answers each byte above zero with the byte below it. */
  class Countdown implements ByteEnd {
    readonly received: number[][] = [];
    #outgoing: number[];

    constructor(first: readonly number[]) {
      this.#outgoing = [...first];
    }

    receive(chunk: Uint8Array): void {
      this.received.push([...chunk]);
      this.#outgoing.push(...[...chunk].filter((byte) => byte > 0).map((byte) => byte - 1));
    }

    transmit(): Uint8Array | undefined {
      return this.#outgoing.length === 0 ? undefined : Uint8Array.from(this.#outgoing.splice(0));
    }
  }

  it('carries bytes both ways until both ends are silent', () => {
    const [left, right] = [new Countdown([2, 3]), new Countdown([])];
    expect(new LinkedPair(left, right).settle()).toBe(7);
    expect(right.received).toEqual([
      [2, 3],
      [0, 1],
    ]);
    expect(left.received).toEqual([[1, 2], [0]]);
  });

  it('cuts what it carries', () => {
    const right = new Countdown([]);
    new LinkedPair(new Countdown([0, 0, 0]), right, { chunkSize: 2 }).settle();
    expect(right.received).toEqual([[0, 0], [0]]);
  });

  it('lets a tap change what it carries', () => {
    const right = new Countdown([]);
    new LinkedPair(new Countdown([5]), right, {
      tap: (bytes, from) => (from === 'left' ? Uint8Array.of(0) : bytes),
    }).settle();
    expect(right.received).toEqual([[0]]);
  });

  it('does not wait for ends that talk for ever', () => {
    const chatty: ByteEnd = { receive: () => {}, transmit: () => Uint8Array.of(1) };
    expect(() => new LinkedPair(chatty, chatty).settle()).toThrow('never fall silent');
  });
});

describe('arbitraries', () => {
  it.each(ALL_MESSAGES.map((definition) => [definition.name, definition] as const))(
    'give valid values of %s',
    (_name, definition) => {
      fc.assert(
        fc.property(arbitraryOf(definition), (value) => {
          definition.encode(value);
        }),
        propertyOptions(20),
      );
    },
  );

  it('cut bytes into chunks that join to the same bytes', () => {
    const whole = Uint8Array.from({ length: 50 }, (_, index) => index);
    fc.assert(
      fc.property(arbitraryChunks(whole), (chunks) => {
        expect(Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))).toEqual(whole);
      }),
      propertyOptions(),
    );
  });
});

describe('vectors', () => {
  it('are found by name, and carry long integers in full', () => {
    expect(vectorFiles()).toContain('messages/mining');
    const sums = loadVectors<{ readonly new_shares_sum?: unknown }>('messages/mining').map(
      ({ value }) => value.new_shares_sum,
    );
    expect(sums).toContain(2n ** 53n + 1n);
  });
});
