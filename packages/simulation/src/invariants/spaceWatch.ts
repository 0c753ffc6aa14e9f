import type { HashBackend } from '@stratumkit/bitcoin';
import type { ActiveWork, SearchOrder } from '@stratumkit/roles';
import type { Invariants } from './invariants.ts';
import { type HashKey, hashKey } from './keys.ts';

/** Tips whose search spaces are remembered. */
const REMEMBERED_TIPS = 12;

/** Which channel searches what: two of them must never get the same space. */
export class SpaceWatch {
  readonly #invariants: Invariants;
  readonly #hash: HashBackend;
  readonly #tips = new Map<HashKey, Map<HashKey, string>>();
  #buffer = new Uint8Array(1_024);

  constructor(invariants: Invariants, hash: HashBackend) {
    this.#invariants = invariants;
    this.#hash = hash;
  }

  /** A channel begins to search. `owner` names the channel on its connection. */
  search(order: SearchOrder, owner: string): void {
    const { work } = order;
    const tip = hashKey(work.tip.prevHash);
    let spaces = this.#tips.get(tip);
    if (spaces === undefined) {
      spaces = new Map();
      this.#tips.set(tip, spaces);
      if (this.#tips.size > REMEMBERED_TIPS) {
        const [oldest] = this.#tips.keys();
        this.#tips.delete(oldest!);
      }
    }
    const space = this.#spaceOf(work, order.versionMask);
    const other = spaces.get(space);
    this.#invariants.check(
      'search-spaces-disjoint',
      other === undefined || other === owner,
      () => `${owner} searches what ${other} was given`,
    );
    spaces.set(space, owner);
  }

  #spaceOf({ job, extranonceSize }: ActiveWork, versionMask: number): HashKey {
    const { source, extranoncePrefix } = job;
    const parts =
      source.type === 'root'
        ? [source.merkleRoot]
        : [source.coinbasePrefix, extranoncePrefix, source.coinbaseSuffix, ...source.merklePath];
    const size = parts.reduce((sum, part) => sum + part.length, 8);
    if (this.#buffer.length < size) this.#buffer = new Uint8Array(2 * size);
    const buffer = this.#buffer;
    let at = 0;
    for (const part of parts) {
      buffer.set(part, at);
      at += part.length;
    }
    new DataView(buffer.buffer).setUint32(at, (job.version & ~versionMask) >>> 0);
    new DataView(buffer.buffer).setUint32(at + 4, extranonceSize);
    return hashKey(this.#hash.sha256(buffer.subarray(0, size)));
  }
}
