import { compareTargets } from '@stratumkit/bitcoin';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import { type HashKey, hashKey } from './keys.ts';

/** A fan-out may be sliced, but not for longer. */
export const TELL_MS = 1_000;
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
  #former: { readonly tip: HashKey; readonly templates: ReadonlySet<bigint> } = { tip: -1, templates: new Set() };
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

  /** Whether a share on this tip may count. `isUntold`: its channel may not have been told of a new one, which goes out in slices. */
  isMined(tip: HashKey, templateId: bigint, isUntold: boolean, nowMs: number): boolean {
    if (tip === this.#tip) return this.isCurrent(templateId);
    const { tip: former, templates } = this.#former;
    return isUntold && tip === former && templates.has(templateId) && nowMs - this.#activatedMs < TELL_MS;
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
    if (isNew) {
      this.#former = { tip: this.#tip, templates: this.#templates };
      this.#templates = new Set();
    }
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
