import type { RunningProxy } from '@stratumkit/proxy';
import type { TranslatorAppEvent } from '@stratumkit/translator';
import type { HopSummary } from './events.ts';

export function proxyHop({ status: { totals } }: RunningProxy): HopSummary {
  const { sharesIn, sharesForwarded, sharesAcknowledged } = totals;
  return {
    role: 'proxy',
    shares_in: sharesIn,
    shares_forwarded: sharesForwarded,
    shares_acknowledged: sharesAcknowledged,
  };
}

/** Counts what goes through a translator. */
export class TranslatorHop {
  #sharesIn = 0;
  #forwarded = 0;
  #acknowledged = 0;

  apply(event: TranslatorAppEvent): void {
    switch (event.type) {
      case 'share':
        this.#sharesIn++;
        if (event.forwarded) this.#forwarded++;
        return;
      case 'shareRefused':
        this.#sharesIn++;
        return;
      case 'upstreamAccepted':
        this.#acknowledged += event.shares;
        return;
      default:
        return;
    }
  }

  get summary(): HopSummary {
    return {
      role: 'translator',
      shares_in: this.#sharesIn,
      shares_forwarded: this.#forwarded,
      shares_acknowledged: this.#acknowledged,
    };
  }
}
