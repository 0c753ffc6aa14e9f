import type { CloseCause } from './closeCause.ts';

/** How many connections are admitted at a time; above it `admit` refuses and says why. */
export interface GateLimits {
  readonly maxConnections: number;
  /** Per IPv4 address or IPv6 /64 network. */
  readonly maxPerAddress: number;
  /** Connections whose handshake and setup are not finished. */
  readonly maxPending: number;
  readonly maxPendingPerAddress: number;
}

/** Limits of a {@link ConnectionGate} that is given no others: wide enough for a large farm behind one address. */
export const DEFAULT_GATE_LIMITS: GateLimits = {
  maxConnections: 20_000,
  maxPerAddress: 10_000,
  maxPending: 8_192,
  maxPendingPerAddress: 4_096,
};

/** The right to one connection. Both calls count once, however often they are made. */
export interface Permit {
  readonly admitted: true;
  /** Setup is done: the connection no longer counts as pending. */
  established(): void;
  release(): void;
}

/** Not admitted: close the socket without an answer. */
export interface Refusal {
  readonly admitted: false;
  readonly cause: Extract<CloseCause, 'connection-limit' | 'address-limit' | 'handshake-limit'>;
}

interface Count {
  connections: number;
  pending: number;
}

/** Admission of connections before any work is done for them: in all, per address, and while they are being set up. */
export class ConnectionGate {
  readonly #limits: GateLimits;
  readonly #total: Count = { connections: 0, pending: 0 };
  readonly #byAddress = new Map<string, Count>();

  constructor(limits: Partial<GateLimits> = {}) {
    this.#limits = { ...DEFAULT_GATE_LIMITS, ...limits };
  }

  get connections(): number {
    return this.#total.connections;
  }

  get pending(): number {
    return this.#total.pending;
  }

  /** Addresses with a connection; no entry stays behind a released permit. */
  get addresses(): number {
    return this.#byAddress.size;
  }

  /** `address` as text, IPv4 or IPv6. What is admitted counts until its `release`. */
  admit(address: string): Permit | Refusal {
    const limits = this.#limits;
    const key = addressKey(address);
    const own = this.#byAddress.get(key) ?? { connections: 0, pending: 0 };
    if (this.#total.connections >= limits.maxConnections) return { admitted: false, cause: 'connection-limit' };
    if (own.connections >= limits.maxPerAddress) return { admitted: false, cause: 'address-limit' };
    if (this.#total.pending >= limits.maxPending || own.pending >= limits.maxPendingPerAddress) {
      return { admitted: false, cause: 'handshake-limit' };
    }
    this.#byAddress.set(key, own);
    const counts = [this.#total, own];
    for (const count of counts) {
      count.connections++;
      count.pending++;
    }
    let pending = true;
    let released = false;
    const established = () => {
      if (!pending) return;
      pending = false;
      for (const count of counts) count.pending--;
    };
    return {
      admitted: true,
      established,
      release: () => {
        if (released) return;
        released = true;
        established();
        for (const count of counts) count.connections--;
        if (own.connections === 0) this.#byAddress.delete(key);
      },
    };
  }
}

/** IPv4 as it is (also when mapped into IPv6), IPv6 by its /64: one subscriber has all of the rest. */
export function addressKey(address: string): string {
  const bare = address.replace(/%.*$/, '').toLowerCase();
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(bare);
  if (mapped !== null) return mapped[1]!;
  if (!bare.includes(':')) return bare;
  const [head = '', tail] = bare.split('::', 2);
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups =
    tail === undefined ? left : [...left, ...Array(Math.max(0, 8 - left.length - right.length)).fill('0'), ...right];
  return `${groups
    .slice(0, 4)
    .map((group) => group.replace(/^0+(?=.)/, ''))
    .join(':')}::/64`;
}
