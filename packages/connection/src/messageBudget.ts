import type { MessageDefinition } from '@stratumkit/codec';
import type { BudgetClass, Rate } from './limits.ts';

interface Bucket {
  readonly rate: Rate;
  /** As of `refilledMs`. */
  tokens: number;
  /** Channels whose burst was given: the open ones, and closed ones that have not saved it up again. */
  given: number;
  /** Closed ones that have, in a second. */
  regained: number;
  refilledMs: number;
}

/** Payload bytes that cost as much as one message. */
const BYTES_PER_TOKEN = 16_384;

/** Token buckets by class of message. They start full, and grow with the open channels; each is refilled when it is needed. */
export class MessageBudget {
  readonly #buckets: Readonly<Record<BudgetClass, Bucket>>;
  #channels = 0;
  #nowMs: number;
  /** Since when the peer has wanted more than it gets; until one of its buckets is half full again. */
  #excess: { readonly bucket: Bucket; readonly sinceMs: number } | undefined;

  constructor(rates: Readonly<Record<BudgetClass, Rate>>, nowMs: number) {
    this.#nowMs = nowMs;
    const full = (rate: Rate): Bucket => ({
      rate,
      tokens: this.#capacity(rate),
      given: 0,
      regained: 0,
      refilledMs: nowMs,
    });
    const { share, open, work, request, unknown } = rates;
    this.#buckets = {
      share: full(share),
      open: full(open),
      work: full(work),
      request: full(request),
      unknown: full(unknown),
    };
  }

  /** Since when the peer has been over its budget, monotonic ms. */
  get overSinceMs(): number | undefined {
    return this.#excess?.sinceMs;
  }

  setOpenChannels(count: number): void {
    const buckets = Object.values(this.#buckets);
    for (const bucket of buckets) this.#refill(bucket);
    this.#channels = count;
    for (const bucket of buckets) {
      // What a new channel adds is there at once: a device begins with its burst, not after it. Not so what takes the place of one that
      // was closed just now, or opening and closing would be worth more than waiting.
      const { perChannel, burstSeconds } = bucket.rate;
      const added = Math.max(0, count - bucket.given) * perChannel * burstSeconds;
      bucket.given = Math.max(bucket.given, count);
      bucket.regained = (bucket.given - count) / burstSeconds;
      bucket.tokens = Math.min(this.#capacity(bucket.rate), bucket.tokens + added);
    }
  }

  /** Lets time pass. */
  refill(nowMs: number): void {
    if (nowMs <= this.#nowMs) return;
    this.#nowMs = nowMs;
    if (this.#excess === undefined) return;
    const { bucket } = this.#excess;
    this.#refill(bucket);
    if (bucket.tokens >= this.#capacity(bucket.rate) / 2) this.#excess = undefined;
  }

  /** Pays for a message, or says how many ms to wait until it can be paid; `Infinity` if never. */
  take(name: BudgetClass, payloadLength: number): number {
    const bucket = this.#buckets[name];
    this.#refill(bucket);
    // A large message must not need more than a full bucket has.
    const cost = Math.min(1 + Math.floor(payloadLength / BYTES_PER_TOKEN), Math.max(1, this.#capacity(bucket.rate)));
    if (bucket.tokens >= cost) {
      bucket.tokens -= cost;
      return 0;
    }
    this.#excess ??= { bucket, sinceMs: this.#nowMs };
    const perSecond = this.#perSecond(bucket.rate);
    return perSecond === 0 ? Number.POSITIVE_INFINITY : Math.ceil(((cost - bucket.tokens) / perSecond) * 1_000);
  }

  #refill(bucket: Bucket): void {
    const seconds = (this.#nowMs - bucket.refilledMs) / 1_000;
    if (seconds <= 0) return;
    bucket.refilledMs = this.#nowMs;
    bucket.given = Math.max(this.#channels, bucket.given - seconds * bucket.regained);
    bucket.tokens = Math.min(this.#capacity(bucket.rate), bucket.tokens + seconds * this.#perSecond(bucket.rate));
  }

  #perSecond(rate: Rate): number {
    return rate.perSecond + rate.perChannel * this.#channels;
  }

  #capacity(rate: Rate): number {
    return this.#perSecond(rate) * rate.burstSeconds;
  }
}

/** The class that pays for a message; undefined definition: nobody here knows it. */
export function budgetClassOf(definition: MessageDefinition | undefined): BudgetClass {
  if (definition === undefined) return 'unknown';
  switch (definition.name) {
    case 'SubmitSharesStandard':
    case 'SubmitSharesExtended':
      return 'share';
    case 'OpenStandardMiningChannel':
    case 'OpenExtendedMiningChannel':
      return 'open';
    default:
      return definition.sentBy === 'upstream' ? 'work' : 'request';
  }
}
