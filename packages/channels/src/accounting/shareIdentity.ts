/** Names a share for ever: replays into a ledger are recognised by it. */
export interface ShareIdentity {
  /** `server_id` of the process that took the share. */
  readonly server: number;
  /** Random id of that process's run, hex. */
  readonly boot: string;
  /** Counts all accepted shares of the run, from 0. */
  readonly sequence: bigint;
}

/** Source of share identities and batch ids; one per process, shared by all channels. */
export class ShareIdentities {
  readonly server: number;
  readonly boot: string;
  #sequence = 0n;
  #batchId = 0;

  constructor(server: number, boot: string) {
    this.server = server;
    this.boot = boot;
  }

  nextShare(): ShareIdentity {
    return { server: this.server, boot: this.boot, sequence: this.#sequence++ };
  }

  nextBatchId(): number {
    return ++this.#batchId;
  }
}
