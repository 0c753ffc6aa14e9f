import { compareTargets } from '@stratumkit/bitcoin';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import { type HashKey, hashKey } from './keys.ts';

/** Tips whose block target is remembered. */
const REMEMBERED_TIPS = 24;

/** What a mining server mines on, and since when. */
export interface MinedTip {
  readonly tip: HashKey;
  /** Virtual time. */
  readonly activatedMs: number;
}

/** What a pool was told by its template provider, read off the wire. */
export class TipWatch implements MinedTip {
  #tip: HashKey = -1;
  #activatedMs = 0;
  #templates = new Set<bigint>();
  readonly #futures = new Set<bigint>();
  /** The hardest block target announced for each tip. */
  readonly #targets = new Map<HashKey, Uint8Array>();
  #blockTarget: Uint8Array | undefined;

  get tip(): HashKey {
    return this.#tip;
  }

  get blockTarget(): Uint8Array | undefined {
    return this.#blockTarget;
  }

  /** Virtual time of the last SetNewPrevHash. */
  get activatedMs(): number {
    return this.#activatedMs;
  }

  isCurrent(templateId: bigint): boolean {
    return this.#templates.has(templateId);
  }

  /** Undefined for a tip that was never announced. */
  hardestTarget(tip: HashKey): Uint8Array | undefined {
    return this.#targets.get(tip);
  }

  /** Whether the tip changed. */
  receive(message: TemplateDistributionMessage, nowMs: number): boolean {
    if (message.name === 'NewTemplate') {
      const { templateId, futureTemplate } = message.value;
      (futureTemplate ? this.#futures : this.#templates).add(templateId);
      return false;
    }
    if (message.name !== 'SetNewPrevHash') return false;
    const { templateId, prevHash, target } = message.value;
    const tip = hashKey(prevHash);
    const isNew = tip !== this.#tip;
    // The same tip again comes with another target, or after a reconnect: earlier templates on it stay good.
    if (isNew) this.#templates = new Set();
    this.#templates.add(templateId);
    this.#futures.clear();
    const known = this.#targets.get(tip);
    if (known === undefined || compareTargets(target, known) < 0) this.#targets.set(tip, target.slice());
    if (this.#targets.size > REMEMBERED_TIPS) {
      const [oldest] = this.#targets.keys();
      this.#targets.delete(oldest!);
    }
    this.#blockTarget = target.slice();
    this.#tip = tip;
    this.#activatedMs = nowMs;
    return isNew;
  }
}
