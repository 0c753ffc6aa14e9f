import { EventEmitter, once } from 'node:events';
import { encodeHeader, headerHash, meetsTarget, targetFromDifficulty } from '@stratumkit/bitcoin';
import {
  difficultyLine,
  type NotifyParams,
  notifyLine,
  rpcError,
  ServerSession,
  type ServerSessionOutput,
  type SubmitParams,
  shareHeader,
} from '@stratumkit/sv1';
import { type LineLink, type LineListener, listenLines } from '@stratumkit/transport';

export const VERSION_MASK = 0x1fffe000;

export interface TestShare {
  readonly share: SubmitParams;
  /** Why it is not good; undefined if it is. */
  readonly problem: string | undefined;
}

/** An SV1 pool over real sockets that looks at every share itself. */
export class Sv1TestServer {
  readonly shares: TestShare[] = [];
  readonly userAgents: string[] = [];
  readonly #difficulty: number;
  readonly #sessions = new Map<number, { readonly link: LineLink; readonly session: ServerSession }>();
  readonly #seen = new Set<string>();
  readonly #emitter = new EventEmitter();
  #listener: LineListener | undefined;
  #job: NotifyParams = job(1);

  constructor(difficulty: number) {
    this.#difficulty = difficulty;
  }

  get port(): number {
    return this.#listener!.address.port;
  }

  async start(): Promise<void> {
    this.#listener = await listenLines({
      host: '127.0.0.1',
      port: 0,
      onLink: (link) => this.#admit(link),
      onEvent: (event, link) => {
        if (event.type === 'closed') this.#sessions.delete(link.id);
        else this.#perform(link, this.#sessions.get(link.id)!.session.handle(event.line));
      },
    });
  }

  async close(): Promise<void> {
    await this.#listener?.close({ drainMs: 0 });
  }

  dropConnections(): void {
    for (const { link } of this.#sessions.values()) link.close('network-error');
  }

  /** A new block: older jobs are void. */
  newTip(): void {
    this.#job = job(Number(this.#job.jobId) + 1);
    for (const { link, session } of this.#sessions.values()) if (session.isReady) link.send(notifyLine(this.#job));
  }

  /** Resolves when so many shares have come in all. */
  async shareCount(count: number): Promise<void> {
    while (this.shares.length < count) await once(this.#emitter, 'share');
  }

  #admit(link: LineLink): void {
    const terms = { sessionId: `s${link.id}`, extranonce1: Uint8Array.of(link.id >> 8, link.id), extranonce2Size: 4 };
    const session = new ServerSession({ subscribe: () => terms });
    session.setAllowedVersionMask(VERSION_MASK);
    this.#sessions.set(link.id, { link, session });
  }

  #perform(link: LineLink, outputs: readonly ServerSessionOutput[]): void {
    const { session } = this.#sessions.get(link.id)!;
    const wasReady = session.isReady;
    for (const output of outputs) {
      switch (output.type) {
        case 'send':
          link.send(output.line);
          break;
        case 'subscribed':
          this.userAgents.push(output.userAgent);
          break;
        case 'authorize':
          this.#perform(link, session.authorize(output.call, output.workerName));
          break;
        case 'shareRefused':
          this.#note({ share: {} as SubmitParams, problem: output.error.message });
          break;
        case 'submit': {
          const problem = this.#judge(session, output.share);
          const error = rpcError(problem === 'stale' ? 'staleOrUnknownJob' : 'other', problem);
          const answer = problem === undefined ? session.answer(output.call, true) : session.refuse(output.call, error);
          this.#perform(link, [answer]);
          this.#note({ share: output.share, problem });
        }
      }
    }
    if (wasReady || !session.isReady) return;
    link.send(difficultyLine(this.#difficulty));
    link.send(notifyLine(this.#job));
  }

  #judge(session: ServerSession, share: SubmitParams): string | undefined {
    if (share.jobId !== this.#job.jobId) return 'stale';
    const { versionMask } = session;
    if (((share.versionBits ?? 0) & ~versionMask) !== 0) return 'version';
    const hash = headerHash(encodeHeader(shareHeader(this.#job, share, session.terms!.extranonce1, { versionMask })));
    if (!meetsTarget(hash, targetFromDifficulty(this.#difficulty))) return 'low';
    const key = hash.join();
    if (this.#seen.has(key)) return 'duplicate';
    this.#seen.add(key);
    return undefined;
  }

  #note(share: TestShare): void {
    this.shares.push(share);
    this.#emitter.emit('share');
  }
}

function job(number: number): NotifyParams {
  return {
    jobId: String(number),
    prevHash: new Uint8Array(32).fill(number),
    coinbase1: new Uint8Array(60).fill(1),
    coinbase2: new Uint8Array(60).fill(2),
    merklePath: [new Uint8Array(32).fill(3), new Uint8Array(32).fill(4)],
    version: 0x20000000,
    nbits: 0x207fffff,
    ntime: Math.floor(Date.now() / 1000),
    cleanJobs: true,
  };
}
