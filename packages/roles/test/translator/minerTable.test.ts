import { decodeLine } from '@stratumkit/sv1';
import { FakeClock, seededRandom } from '@stratumkit/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import type { Miner } from '../../src/translator/miner.ts';
import { localExtranonces, MinerTable } from '../../src/translator/minerTable.ts';
import { DEFAULT_TRANSLATOR_LIMITS } from '../../src/translator/translatorTypes.ts';

const { now } = new FakeClock();
/** Instead of 65,536. */
const SPACE = 256;
const OPTIONS = {
  upstreams: [],
  aggregateChannels: true,
  extranonce2Size: 4,
  difficulty: { sharesPerMinute: 6, minerHashrate: 1e12, vardiff: false },
  keepaliveMs: 60_000,
  randomBytes: seededRandom(),
};

let table: MinerTable;
let connections: number;

/** A miner that subscribes, and what that brought. */
function join(): { readonly miner: Miner; readonly extranonce1: string | undefined; readonly said: unknown[] } {
  const miner = table.add(connections++, '192.0.2.1', now);
  const line = '{"id":1,"method":"mining.subscribe","params":[]}';
  const said = miner.session.handle(new TextEncoder().encode(line)).map((output) => {
    if (output.type !== 'send') return output;
    const answer = decodeLine(output.line.subarray(0, -1));
    return answer.type === 'response' ? answer.error : undefined;
  });
  return { miner, extranonce1: miner.space?.lease.extranoncePrefix.join(), said };
}

beforeEach(() => {
  connections = 0;
  table = new MinerTable(OPTIONS, DEFAULT_TRANSLATOR_LIMITS, localExtranonces(OPTIONS.extranonce2Size, 1));
});

describe('the extranonce space of a translator', () => {
  it('is that of two bytes, every value once', () => {
    const extranonces = localExtranonces(4);
    const given = new Set<number>();
    for (;;) {
      const allocation = extranonces.allocateExtended(4);
      if (allocation.outcome === 'refused') {
        expect(allocation.errorCode).toBe('channel-capacity-exhausted');
        break;
      }
      const [high, low] = allocation.lease.extranoncePrefix;
      given.add(high! * 256 + low!);
    }
    expect(given.size).toBe(65_536);
  });

  it('is refused with a clear error when miners have all of it', () => {
    const given = new Set(Array.from({ length: SPACE }, () => join().extranonce1));
    expect(given.size).toBe(SPACE);
    expect(given.has(undefined)).toBe(false);
    const { said, miner } = join();
    expect(said).toContainEqual({ code: 20, message: 'No extranonce left' });
    expect(said).toContainEqual({ type: 'end', reason: 'no-extranonce-left' });
    expect(miner.space).toBeUndefined();
  });

  it('is taken back from the oldest miners that went, and not from those that are there', () => {
    const miners = Array.from({ length: SPACE }, () => join());
    for (const { miner } of miners.slice(0, 3)) table.remove(miner, now);
    expect([join(), join(), join()].map(({ extranonce1 }) => extranonce1)).toEqual(
      miners.slice(0, 3).map(({ extranonce1 }) => extranonce1),
    );
    expect(join().extranonce1).toBeUndefined();
  });
});
