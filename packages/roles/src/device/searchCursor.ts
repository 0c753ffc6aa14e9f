import { encodeHeader, equalBytes, type HashBackend, portableHash, VERSION_ROLLING_MASK } from '@stratumkit/bitcoin';
import type { Now } from '@stratumkit/codec';
import { type ActiveWork, type ClientJob, maxNtime, merkleRootOf } from '../miningClient/work.ts';

/** Consensus allows a header's time to be two hours ahead. */
const MAX_FUTURE_SECONDS = 7200;
const NONCES = 2 ** 32;
const NO_EXTRANONCE = new Uint8Array(0);

/** What a device is to search: work, and the version bits it may change. */
export interface SearchOrder {
  readonly orderId: number;
  readonly work: ActiveWork;
  /** Bits of the version that may be changed; 0 if none. */
  readonly versionMask: number;
  /** Where the version bits start, so that devices differ. */
  readonly firstVariant: number;
}

/** A part of an order: one header, and a range of nonces to try in it. */
export interface SearchChunk {
  readonly orderId: number;
  readonly jobId: number;
  /** 80 bytes with nonce 0. */
  readonly header: Uint8Array;
  readonly firstNonce: number;
  readonly nonceCount: number;
  readonly target: Uint8Array;
  readonly version: number;
  /** Header time, Unix seconds. */
  readonly ntime: number;
  /** Empty on a standard channel. */
  readonly extranonce: Uint8Array;
}

/** The version bits of BIP-0323 if the job and the device allow rolling, else none. */
export function versionMaskOf(work: ActiveWork, rollVersion: boolean): number {
  return rollVersion && work.job.versionRollingAllowed ? VERSION_ROLLING_MASK : 0;
}

/**
 * Walks through the search space of an order and never hands out a header twice: nonces first, then version bits, then the
 * extranonce; the time moves with the clock, once a second, and starts all of them anew.
 */
export class SearchCursor {
  readonly order: SearchOrder;
  readonly #hash: HashBackend;
  readonly #variants: number;
  readonly #extranonces: number;
  #ntime = -1;
  #variant: number;
  #variantsUsed = 0;
  #extranonceIndex = 0;
  #extranoncesUsed = 0;
  #nonce = 0;
  #current: Pick<SearchChunk, 'header' | 'version' | 'extranonce'> | undefined;

  /** `previous` is the cursor that this one replaces: the same work under another job id goes on where that one stood. */
  constructor(order: SearchOrder, previous?: SearchCursor, hash: HashBackend = portableHash) {
    this.order = order;
    this.#hash = hash;
    this.#variants = 2 ** popCount(order.versionMask);
    this.#extranonces = Math.min(2 ** (8 * order.work.extranonceSize), Number.MAX_SAFE_INTEGER);
    this.#variant = order.firstVariant % this.#variants;
    if (previous !== undefined && this.#hasSameSpace(previous)) this.#continue(previous);
  }

  /** Up to `count` nonces of one header; undefined when the space is used up until the next second. */
  take(count: number, now: Now): SearchChunk | undefined {
    const { work, orderId } = this.order;
    const latest = Math.max(
      work.minNtime,
      Math.min(maxNtime(work, now.monotonicMs), now.unixSeconds + MAX_FUTURE_SECONDS),
    );
    if (latest > this.#ntime) this.#startSecond(latest);
    else if (this.#nonce >= NONCES && !this.#advance()) return undefined;
    this.#current ??= this.#buildHeader();
    const firstNonce = this.#nonce;
    const nonceCount = Math.min(count, NONCES - firstNonce);
    this.#nonce += nonceCount;
    return {
      orderId,
      jobId: work.job.jobId,
      ...this.#current,
      firstNonce,
      nonceCount,
      target: work.target,
      ntime: this.#ntime,
    };
  }

  #startSecond(ntime: number): void {
    if (this.#ntime >= 0) {
      this.#variant = (this.#variant + 1) % this.#variants;
      this.#extranonceIndex = (this.#extranonceIndex + 1) % this.#extranonces;
    }
    this.#ntime = ntime;
    this.#variantsUsed = 0;
    this.#extranoncesUsed = 0;
    this.#nonce = 0;
    this.#current = undefined;
  }

  #advance(): boolean {
    if (this.#variantsUsed + 1 < this.#variants) {
      this.#variantsUsed++;
      this.#variant = (this.#variant + 1) % this.#variants;
    } else if (this.#extranoncesUsed + 1 < this.#extranonces) {
      this.#extranoncesUsed++;
      this.#variantsUsed = 0;
      this.#extranonceIndex = (this.#extranonceIndex + 1) % this.#extranonces;
    } else {
      return false;
    }
    this.#nonce = 0;
    this.#current = undefined;
    return true;
  }

  #buildHeader(): Pick<SearchChunk, 'header' | 'version' | 'extranonce'> {
    const { work, versionMask } = this.order;
    const version = ((work.job.version & ~versionMask) | spread(this.#variant, versionMask)) >>> 0;
    const extranonce = bigEndian(this.#extranonceIndex, work.extranonceSize);
    const { prevHash, nbits } = work.tip;
    const merkleRoot = merkleRootOf(work.job, extranonce, this.#hash);
    const header = encodeHeader({ version, prevHash, merkleRoot, time: this.#ntime, nbits, nonce: 0 });
    return { header, version, extranonce };
  }

  #hasSameSpace(previous: SearchCursor): boolean {
    const mine = this.order.work;
    const theirs = previous.order.work;
    return (
      mine.tip === theirs.tip &&
      mine.extranonceSize === theirs.extranonceSize &&
      mine.job.version === theirs.job.version &&
      this.order.versionMask === previous.order.versionMask &&
      hasSameRoots(mine.job, theirs.job)
    );
  }

  #continue(previous: SearchCursor): void {
    this.#ntime = previous.#ntime;
    this.#variant = previous.#variant;
    this.#variantsUsed = previous.#variantsUsed;
    this.#extranonceIndex = previous.#extranonceIndex;
    this.#extranoncesUsed = previous.#extranoncesUsed;
    this.#nonce = previous.#nonce;
  }
}

/** Lays the low bits of `value` into the set bits of `mask`. */
function spread(value: number, mask: number): number {
  let out = 0;
  for (let bit = 0, rest = value; bit < 32 && rest > 0; bit++) {
    if (((mask >>> bit) & 1) === 0) continue;
    if (rest & 1) out |= 1 << bit;
    rest = Math.floor(rest / 2);
  }
  return out >>> 0;
}

function popCount(value: number): number {
  let count = 0;
  for (let rest = value >>> 0; rest > 0; rest = Math.floor(rest / 2)) count += rest & 1;
  return count;
}

function bigEndian(value: number, size: number): Uint8Array {
  if (size === 0) return NO_EXTRANONCE;
  const out = new Uint8Array(size);
  for (let i = size - 1, rest = value; i >= 0 && rest > 0; i--, rest = Math.floor(rest / 256)) out[i] = rest % 256;
  return out;
}

/** Whether each extranonce gives both jobs the same merkle root. */
function hasSameRoots(mine: ClientJob, theirs: ClientJob): boolean {
  const [a, b] = [mine.source, theirs.source];
  if (a.type === 'root' || b.type === 'root')
    return a.type === 'root' && b.type === 'root' && equalBytes(a.merkleRoot, b.merkleRoot);
  return (
    equalBytes(a.coinbasePrefix, b.coinbasePrefix) &&
    equalBytes(mine.extranoncePrefix, theirs.extranoncePrefix) &&
    equalBytes(a.coinbaseSuffix, b.coinbaseSuffix) &&
    a.merklePath.length === b.merklePath.length &&
    a.merklePath.every((node, index) => equalBytes(node, b.merklePath[index]!))
  );
}
