import { ShareTally } from '@stratumkit/channels';

/** How much is remembered under names that peers choose. */
export interface AccountLimits {
  /** Accounts without an open channel that are remembered; those with one always are. */
  readonly maxIdleAccounts: number;
  readonly maxWorkersPerAccount: number;
  /** Of all accounts together. Beyond it a new worker counts for its account only. */
  readonly maxWorkers: number;
}

/** What all channels of one account did together. */
export interface Account {
  readonly name: string;
  readonly tally: ShareTally;
  /** By worker name; see {@link AccountLimits} for which are told apart. */
  readonly workers: ReadonlyMap<string, ShareTally>;
  /** Open ones. */
  readonly channels: number;
}

class OpenAccount implements Account {
  readonly name: string;
  readonly tally: ShareTally;
  readonly workers = new Map<string, ShareTally>();
  channels = 0;

  constructor(name: string, nowMs: number) {
    this.name = name;
    this.tally = new ShareTally(nowMs);
  }
}

/** Tallies by account and worker. Peers choose the names, so both are bounded: what was idle longest gives way. */
export class AccountBook {
  readonly #limits: AccountLimits;
  readonly #accounts = new Map<string, OpenAccount>();
  /** The first is idle for longest. */
  readonly #idle = new Set<OpenAccount>();
  #workers = 0;

  constructor(limits: AccountLimits) {
    this.#limits = limits;
  }

  get accounts(): ReadonlyMap<string, Account> {
    return this.#accounts;
  }

  get workers(): number {
    return this.#workers;
  }

  /** A channel of the account is opened. */
  enter(name: string, nowMs: number): Account {
    let account = this.#accounts.get(name);
    if (account === undefined) {
      account = new OpenAccount(name, nowMs);
      this.#accounts.set(name, account);
    }
    this.#idle.delete(account);
    account.channels++;
    return account;
  }

  /** A channel of the account is closed. */
  leave(name: string): void {
    const account = this.#accounts.get(name);
    if (account === undefined || --account.channels > 0) return;
    this.#idle.add(account);
    if (this.#idle.size > this.#limits.maxIdleAccounts) this.#forgetIdle();
  }

  /** Undefined when too many are known already. */
  worker(accountName: string, name: string, nowMs: number): ShareTally | undefined {
    const account = this.#accounts.get(accountName);
    if (account === undefined) return undefined;
    const known = account.workers.get(name);
    if (known !== undefined) return known;
    if (account.workers.size >= this.#limits.maxWorkersPerAccount) this.#forgetWorker(account);
    while (this.#workers >= this.#limits.maxWorkers && this.#idle.size > 0) this.#forgetIdle();
    if (this.#workers >= this.#limits.maxWorkers) return undefined;
    const tally = new ShareTally(nowMs);
    account.workers.set(name, tally);
    this.#workers++;
    return tally;
  }

  #forgetIdle(): void {
    const [account] = this.#idle;
    if (account === undefined) return;
    this.#idle.delete(account);
    this.#accounts.delete(account.name);
    this.#workers -= account.workers.size;
  }

  #forgetWorker(account: OpenAccount): void {
    let oldest: string | undefined;
    let oldestMs = Number.POSITIVE_INFINITY;
    for (const [name, { lastShareMs = Number.NEGATIVE_INFINITY }] of account.workers) {
      if (lastShareMs >= oldestMs) continue;
      oldest = name;
      oldestMs = lastShareMs;
    }
    if (oldest !== undefined && account.workers.delete(oldest)) this.#workers--;
  }
}
