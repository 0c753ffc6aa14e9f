import type { Now } from '@stratumkit/codec';
import { type PendingCall, rpcError, type ServerSessionOutput } from '@stratumkit/sv1';
import type { ConnectionId } from '../output.ts';
import type { JobSender } from './jobSender.ts';
import type { Miner } from './miner.ts';
import type { MinerTable } from './minerTable.ts';
import type { Outbox } from './outbox.ts';
import type { ShareDesk } from './shareDesk.ts';
import type { TranslatorLimits } from './translatorTypes.ts';
import type { WorkSource } from './workSource.ts';

/** What a miner needs of the upstream side. */
export interface WorkDesk {
  /** Somebody speaks SV1 here: upstreams may be asked. */
  start(now: Now): void;
  /** The miner has a name and waits for work. */
  request(miner: Miner, now: Now): void;
  /** The miner is gone; `source` is where its work came from. */
  left(miner: Miner, source: WorkSource | undefined): void;
}

export interface MinerDeskParts {
  readonly table: MinerTable;
  readonly jobs: JobSender;
  readonly shares: ShareDesk;
  readonly work: WorkDesk;
  readonly outbox: Outbox;
  readonly limits: TranslatorLimits;
  /** 0 for never. */
  readonly keepaliveMs: number;
}

/** The miners' side: what their sessions want, who gets work from where, who is told what by the clock. */
export class MinerDesk {
  readonly #parts: MinerDeskParts;
  /** What the newest job allows; undefined before the first. */
  #allowedMask: number | undefined;

  constructor(parts: MinerDeskParts) {
    this.#parts = parts;
  }

  connected(connection: ConnectionId, address: string, now: Now): void {
    const miner = this.#parts.table.add(connection, address, now);
    this.#parts.outbox.event({ type: 'minerConnected', connection, address });
    if (this.#allowedMask !== undefined) this.#allow(miner, this.#allowedMask, now);
  }

  line(connection: ConnectionId, line: Uint8Array, now: Now): void {
    const miner = this.#parts.table.get(connection);
    if (miner !== undefined) this.#session(miner, miner.session.handle(line), now);
  }

  disconnected(connection: ConnectionId, now: Now): void {
    const { table, outbox, work } = this.#parts;
    const miner = table.get(connection);
    if (miner === undefined) return;
    const { source } = miner;
    this.detach(miner, now);
    table.remove(miner, now);
    outbox.event({ type: 'minerGone', connection });
    work.left(miner, source);
  }

  close(miner: Miner, reason: string, now: Now): void {
    const { connection } = miner;
    this.#parts.outbox.push({ type: 'miner-close', to: connection, reason });
    this.#parts.outbox.event({ type: 'minerClosed', connection, reason });
    this.disconnected(connection, now);
  }

  /** From now on the miner's work comes from here; whoever waited for that is authorized. */
  attach(miner: Miner, source: WorkSource, now: Now): void {
    miner.source = source;
    source.miners.add(miner);
    source.needsUpdate = true;
    miner.notifiedMs = undefined;
    miner.waitingSinceMs = undefined;
    if (source.allowedMask !== undefined) this.#allow(miner, source.allowedMask, now);
    const { waiting } = miner;
    miner.waiting = [];
    for (const { call, workerName } of waiting) this.#authorized(miner, call, workerName, now);
    this.#welcome(miner, now);
  }

  detach(miner: Miner, now: Now): void {
    const { source } = miner;
    miner.source = undefined;
    miner.difficulty.pause(now);
    if (source === undefined) return;
    source.miners.delete(miner);
    source.needsUpdate = true;
  }

  /** The upstream wants nothing to do with this miner. */
  refuse(miner: Miner, errorCode: string, now: Now): void {
    const { waiting, connection } = miner;
    miner.waiting = [];
    for (const { call, workerName } of waiting) {
      const error = rpcError('unauthorized', 'Refused by the upstream');
      this.#session(miner, miner.session.authorize(call, workerName, error), now);
      this.#parts.outbox.event({ type: 'workerRefused', connection, workerName, errorCode });
    }
    this.close(miner, 'channel-refused', now);
  }

  /** A source has other work: its miners get it, and who just waits for an upstream may ask for what it allows. */
  newWork(source: WorkSource, newTip: boolean, now: Now): void {
    const { table, jobs } = this.#parts;
    const mask = source.allowedMask;
    if (mask !== undefined && mask !== this.#allowedMask) {
      this.#allowedMask = mask;
      for (const miner of [...table.values()]) if (miner.source === undefined) this.#allow(miner, mask, now);
    }
    if (mask !== undefined) for (const miner of [...source.miners]) this.#allow(miner, mask, now);
    // A miner that waited for its first job gets it clean.
    const [fresh, others]: [Miner[], Miner[]] = [[], []];
    for (const miner of source.miners) (miner.notifiedMs === undefined ? fresh : others).push(miner);
    for (const miner of fresh) miner.difficulty.resume(now);
    jobs.send(others, source, { reason: newTip ? 'tip' : 'update', clean: newTip }, now);
    jobs.send(fresh, source, { reason: 'joined', clean: true }, now);
  }

  tick(now: Now): void {
    const { table, jobs, keepaliveMs, limits } = this.#parts;
    table.tick(now);
    const quiet = new Map<WorkSource, Miner[]>();
    for (const miner of [...table.values()]) {
      const { source, notifiedMs, difficulty } = miner;
      if (miner.firstWorker === undefined && now.monotonicMs - miner.connectedMs >= limits.authorizeMs)
        this.close(miner, 'not-authorized', now);
      if (source?.work === undefined || notifiedMs === undefined) continue;
      if (now.monotonicMs >= difficulty.dueMs && difficulty.tick(now)) jobs.retell(miner, now);
      if (keepaliveMs === 0 || now.monotonicMs - miner.notifiedMs! < keepaliveMs) continue;
      const miners = quiet.get(source);
      if (miners === undefined) quiet.set(source, [miner]);
      else miners.push(miner);
    }
    for (const [source, miners] of quiet) jobs.send(miners, source, { reason: 'keepalive', clean: false }, now);
  }

  #session(miner: Miner, outputs: readonly ServerSessionOutput[], now: Now): void {
    const { outbox, jobs, shares, work } = this.#parts;
    const { connection } = miner;
    miner.noteMask();
    for (const output of outputs) {
      switch (output.type) {
        case 'send':
          outbox.line(miner, output.line);
          break;
        case 'greeted':
          work.start(now);
          break;
        case 'subscribed':
          miner.userAgent = output.userAgent;
          outbox.event({ type: 'minerSubscribed', connection, userAgent: output.userAgent });
          this.#welcome(miner, now);
          break;
        case 'authorize':
          this.#authorize(miner, output.call, output.workerName, now);
          break;
        case 'submit':
          shares.submit(miner, output.call, output.share, now);
          break;
        case 'shareRefused': {
          const refusal = output.workerName === undefined ? 'not-authorized' : 'malformed';
          miner.totals.refused++;
          outbox.event({ type: 'shareRefused', connection, workerName: output.workerName, refusal });
          break;
        }
        case 'suggestedTarget':
          if (miner.difficulty.suggest(output.target, output.strict, now)) jobs.retell(miner, now);
          break;
        case 'fault':
          outbox.event({ type: 'lineFault', connection, code: output.code });
          break;
        case 'end':
          this.close(miner, output.reason, now);
          return;
        case 'configured':
          break;
      }
    }
  }

  #authorize(miner: Miner, call: PendingCall, workerName: string, now: Now): void {
    miner.firstWorker ??= workerName;
    if (miner.source !== undefined) {
      this.#authorized(miner, call, workerName, now);
      this.#welcome(miner, now);
      return;
    }
    miner.waiting.push({ call, workerName });
    if (miner.waitingSinceMs !== undefined) return;
    miner.waitingSinceMs = now.monotonicMs;
    this.#parts.work.request(miner, now);
  }

  #authorized(miner: Miner, call: PendingCall, workerName: string, now: Now): void {
    this.#session(miner, miner.session.authorize(call, workerName), now);
    this.#parts.outbox.event({ type: 'workerAuthorized', connection: miner.connection, workerName });
  }

  /** The first job of its source, once there is all that it takes. */
  #welcome(miner: Miner, now: Now): void {
    const { source } = miner;
    if (source?.work === undefined || !miner.isReady || miner.notifiedMs !== undefined) return;
    miner.difficulty.resume(now);
    this.#parts.jobs.send([miner], source, { reason: 'joined', clean: true }, now);
  }

  /** Calls that waited to know what is allowed are taken up by this. */
  #allow(miner: Miner, mask: number, now: Now): void {
    if (!miner.allow(mask)) return;
    this.#session(miner, miner.session.setAllowedVersionMask(mask), now);
  }
}
