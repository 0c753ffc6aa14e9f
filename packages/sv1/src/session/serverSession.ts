import { targetFromDifficulty } from '@stratumkit/bitcoin';
import { type JsonValue, RemoteError } from '@stratumkit/codec';
import { decodeMessages, type ReadMessage } from '../batch.ts';
import type { Sv1Error } from '../failure.ts';
import {
  encodeCall,
  encodeResponse,
  type RpcId,
  rpcId,
  type Sv1Call,
  type Sv1Message,
  type Sv1Response,
} from '../message.ts';
import { Configure, type ConfigureParams } from '../methods/configure.ts';
import {
  ClientGetVersion,
  ClientReconnect,
  ClientShowMessage,
  Ping,
  type ReconnectParams,
} from '../methods/control.ts';
import { SetExtranonce, type SubmitParams, Subscribe, type SubscribeParams } from '../methods/session.ts';
import { Notify, type NotifyParams, SetDifficulty, SetVersionMask } from '../methods/work.ts';
import { type TypedCall, typedCall } from '../methods.ts';
import { type RpcError, rpcError } from '../rpcError.ts';
import { DEFAULT_SERVER_SESSION_LIMITS, type ServerSessionLimits } from './limits.ts';
import type { PendingCall, ServerSessionOutput, SubscriptionTerms } from './serverTypes.ts';

type AskedMethod = typeof ClientGetVersion.name | typeof Ping.name;

/** Who gives a miner its search space, and what the miner may ask of the session. */
export interface ServerSessionOptions {
  /** Asked at the first `mining.subscribe`; undefined refuses it. `resume` is the session the miner wants back. */
  readonly subscribe: (resume: string | undefined) => SubscriptionTerms | undefined;
  readonly limits?: Partial<ServerSessionLimits>;
}

/**
 * The pool's side of one SV1 connection: takes lines in whatever order a miner sends them, answers what needs no knowledge of
 * work, and hands the rest on. It holds no socket and no clock.
 */
export class ServerSession {
  readonly #subscribeTerms: ServerSessionOptions['subscribe'];
  readonly #limits: ServerSessionLimits;
  readonly #workers = new Set<string>();
  /** Authorizations the owner has not answered, by worker. */
  readonly #waiting = new Map<string, number>();
  #waitingCount = 0;
  readonly #asked = new Map<RpcId, AskedMethod>();
  #nextId = 1;
  #held: Sv1Call[] = [];
  #heldBytes = 0;
  #messageBytes = 0;
  #allowedMask: number | undefined;
  #requestedMask: number | undefined;
  #terms: SubscriptionTerms | undefined;
  #faults = 0;
  #isGreeted = false;
  #hasEnded = false;
  #wantsExtranonce = false;

  constructor(options: ServerSessionOptions) {
    this.#subscribeTerms = options.subscribe;
    this.#limits = { ...DEFAULT_SERVER_SESSION_LIMITS, ...options.limits };
  }

  get terms(): SubscriptionTerms | undefined {
    return this.#terms;
  }

  /** Bits the miner may change; 0 if it did not ask or nobody allows it. */
  get versionMask(): number {
    return ((this.#requestedMask ?? 0) & (this.#allowedMask ?? 0)) >>> 0;
  }

  /** Whether its submits carry version bits. */
  get rollsVersion(): boolean {
    return this.#requestedMask !== undefined && this.#wasGranted;
  }
  #wasGranted = false;

  get isSubscribed(): boolean {
    return this.#terms !== undefined;
  }

  /** Whether it takes jobs: subscribed, and a worker is authorized. */
  get isReady(): boolean {
    return this.#terms !== undefined && this.#workers.size > 0;
  }

  get workers(): ReadonlySet<string> {
    return this.#workers;
  }

  /** Whether `mining.set_extranonce` is understood. */
  get wantsExtranonce(): boolean {
    return this.#wantsExtranonce;
  }

  /**
   * A line as `LineSplitter` cuts it. Each call of a batch is answered by a line of its own as soon as it can be: miners read lines and
   * tell answers apart by their ids, and a share is not to wait for an authorization that upstream decides about.
   */
  handle(line: Uint8Array): readonly ServerSessionOutput[] {
    if (this.#hasEnded) return [];
    let messages: readonly ReadMessage[];
    try {
      messages = decodeMessages(line);
    } catch (error) {
      return this.#fault(asSv1Error(error));
    }
    this.#messageBytes = line.length / messages.length;
    if (messages.length === 1) return this.#read(messages[0]!);
    const outputs: ServerSessionOutput[] = [];
    for (const message of messages) if (!this.#hasEnded) outputs.push(...this.#read(message));
    return outputs;
  }

  #read(message: ReadMessage): readonly ServerSessionOutput[] {
    return message instanceof RemoteError ? this.#fault(message) : this.#message(message);
  }

  #message(message: Sv1Message): readonly ServerSessionOutput[] {
    if (message.type === 'response') return this.#response(message);
    if (this.#held.length > 0) return this.#hold(message);
    return this.#call(message);
  }

  /**
   * What upstream allows, 0 for no version rolling. Calls that waited for it are taken now; a miner that was granted another
   * mask before is told.
   */
  setAllowedVersionMask(mask: number): readonly ServerSessionOutput[] {
    const before = this.versionMask;
    this.#allowedMask = mask;
    const outputs: ServerSessionOutput[] = [];
    if (this.#wasGranted && this.versionMask !== before) {
      outputs.push({ type: 'send', line: versionMaskLine(this.versionMask) });
    }
    const held = this.#held;
    this.#held = [];
    this.#heldBytes = 0;
    for (const call of held) outputs.push(...this.#call(call));
    return outputs;
  }

  /** Asks for the name and version of the mining software; the answer is the output `minerVersion`. */
  askVersion(): ServerSessionOutput {
    return this.#ask(ClientGetVersion.name);
  }

  /** Asks whether the miner is there; the answer is the output `pong`. Not every miner knows the question. */
  ping(): ServerSessionOutput {
    return this.#ask(Ping.name);
  }

  /** The answer to `authorize`. */
  authorize(call: PendingCall, workerName: string, refusal?: RpcError): readonly ServerSessionOutput[] {
    const waiting = this.#waiting.get(workerName) ?? 0;
    if (waiting > 0) this.#waitingCount--;
    if (waiting > 1) this.#waiting.set(workerName, waiting - 1);
    else this.#waiting.delete(workerName);
    if (refusal !== undefined) return [this.#refuse(call, refusal)];
    this.#workers.add(workerName);
    return [this.answer(call, true)];
  }

  answer(call: PendingCall, result: JsonValue): ServerSessionOutput {
    return { type: 'send', line: encodeResponse(call.id, { result }) };
  }

  refuse(call: PendingCall, error: RpcError): ServerSessionOutput {
    return this.#refuse(call, error);
  }

  #call(call: Sv1Call): readonly ServerSessionOutput[] {
    let typed: TypedCall | undefined;
    try {
      typed = typedCall(call);
    } catch (error) {
      const sv1Error = asSv1Error(error);
      const refused = this.#refuse(call, rpcError('other', sv1Error.message));
      return [refused, ...this.#countFault(sv1Error.code)];
    }
    if (typed === undefined) return [this.#refuse(call, rpcError('other', 'Method not found'))];
    if (this.#faults > 0) this.#faults--;
    const outputs = this.#typed(call, typed);
    if (this.#isGreeted || outputs.some(({ type }) => type === 'end')) return outputs;
    this.#isGreeted = true;
    return [{ type: 'greeted' }, ...outputs];
  }

  #typed(call: Sv1Call, typed: TypedCall): readonly ServerSessionOutput[] {
    switch (typed.method) {
      case 'mining.configure':
        return this.#allowedMask === undefined && typed.params.versionRolling !== undefined
          ? this.#hold(call)
          : this.#configure(call, typed.params);
      case 'mining.subscribe':
        return this.#subscribe(call, typed.params);
      case 'mining.authorize':
        return this.#authorize(call, typed.params.workerName);
      case 'mining.submit':
        return this.#submit(call, typed.params);
      case 'mining.suggest_difficulty': {
        const target = targetFromDifficulty(typed.params.difficulty);
        return [this.answer(call, true), { type: 'suggestedTarget', target, strict: false }];
      }
      case 'mining.suggest_target':
        return [this.answer(call, true), { type: 'suggestedTarget', target: typed.params.target, strict: false }];
      case 'mining.extranonce.subscribe':
        this.#wantsExtranonce = true;
        return [this.answer(call, true)];
      case 'mining.multi_version':
        return [this.answer(call, true)];
      case 'mining.ping':
        return [this.answer(call, 'pong')];
      case 'mining.get_transactions':
        return [this.#refuse(call, rpcError('other', 'Transactions are not served'))];
      default:
        // Methods that only a server calls.
        return [this.#refuse(call, rpcError('other', 'Method not found'))];
    }
  }

  #configure(call: Sv1Call, params: ConfigureParams): readonly ServerSessionOutput[] {
    const { extensions, versionRolling, minimumDifficulty, info } = params;
    const outputs: ServerSessionOutput[] = [];
    if (versionRolling !== undefined) this.#requestedMask = versionRolling.mask;
    const versionMask = this.versionMask;
    const isGranted = versionRolling !== undefined && versionMask !== 0;
    if (isGranted) this.#wasGranted = true;
    if (extensions.includes('subscribe-extranonce')) this.#wantsExtranonce = true;
    const result = Configure.formatResult({
      versionRolling: versionRolling === undefined ? undefined : isGranted,
      versionRollingMask: isGranted ? versionMask : undefined,
      minimumDifficulty: minimumDifficulty === undefined ? undefined : true,
      subscribeExtranonce: extensions.includes('subscribe-extranonce') ? true : undefined,
      info: info === undefined ? undefined : true,
    });
    outputs.push(this.answer(call, result), { type: 'configured', versionMask, minerInfo: info });
    if (minimumDifficulty !== undefined) {
      outputs.push({ type: 'suggestedTarget', target: targetFromDifficulty(minimumDifficulty), strict: true });
    }
    return outputs;
  }

  #subscribe(call: Sv1Call, { userAgent, sessionId }: SubscribeParams): readonly ServerSessionOutput[] {
    const isFirst = this.#terms === undefined;
    this.#terms ??= this.#subscribeTerms(sessionId);
    const terms = this.#terms;
    if (terms === undefined) {
      return [this.#refuse(call, rpcError('other', 'No extranonce left')), this.#end('no-extranonce-left')];
    }
    const { sessionId: id, extranonce1, extranonce2Size } = terms;
    const subscriptions = ['mining.set_difficulty', 'mining.notify'].map((method) => [method, id] as const);
    const result = Subscribe.formatResult({ subscriptions, extranonce1, extranonce2Size });
    const answer = this.answer(call, result);
    if (!isFirst) return [answer];
    const name = detached((userAgent ?? '').slice(0, this.#limits.userAgentLength));
    return [answer, { type: 'subscribed', userAgent: name, terms }];
  }

  #authorize(call: Sv1Call, workerName: string): readonly ServerSessionOutput[] {
    if (this.#workers.has(workerName)) return [this.answer(call, true)];
    const { workers, workerNameLength } = this.#limits;
    if (workerName === '' || workerName.length > workerNameLength) {
      return [this.#refuse(call, rpcError('unauthorized', 'Worker name missing or too long'))];
    }
    if (this.#workers.size + this.#waitingCount >= workers) {
      return [this.#refuse(call, rpcError('unauthorized', 'Too many workers'))];
    }
    this.#waiting.set(workerName, (this.#waiting.get(workerName) ?? 0) + 1);
    this.#waitingCount++;
    // It may take long until somebody decides about it.
    const id = call.id === undefined ? undefined : detached(call.id);
    return [{ type: 'authorize', call: { id }, workerName }];
  }

  #submit(call: Sv1Call, share: SubmitParams): readonly ServerSessionOutput[] {
    const error = this.#submitError(share);
    if (error === undefined) return [{ type: 'submit', call: { id: call.id }, share }];
    const workerName = this.#workers.has(share.workerName) ? share.workerName : undefined;
    return [this.#refuse(call, error), { type: 'shareRefused', workerName, error }];
  }

  #submitError({ workerName, extranonce2, versionBits }: SubmitParams): RpcError | undefined {
    if (this.#terms === undefined) return rpcError('notSubscribed');
    if (!this.#workers.has(workerName)) return rpcError('unauthorized');
    if (extranonce2.length !== this.#terms.extranonce2Size) return rpcError('other', 'Invalid extranonce2 size');
    if (!this.rollsVersion) return versionBits === undefined ? undefined : rpcError('other', 'Version not negotiated');
    return versionBits === undefined ? rpcError('other', 'Version bits missing') : undefined;
  }

  #ask(method: AskedMethod): ServerSessionOutput {
    const id = rpcId(this.#nextId++);
    this.#asked.set(id, method);
    // A miner that answers none of them is not remembered for all of them.
    if (this.#asked.size > this.#limits.openQuestions) this.#asked.delete(this.#asked.keys().next().value as RpcId);
    return { type: 'send', line: encodeCall({ id, method, params: [] }) };
  }

  #response({ id, result, error }: Sv1Response): readonly ServerSessionOutput[] {
    const method = id === undefined ? undefined : this.#asked.get(id);
    if (id === undefined || method === undefined) return [];
    this.#asked.delete(id);
    if (method === Ping.name) return [{ type: 'pong' }];
    return error === undefined && typeof result === 'string' ? [{ type: 'minerVersion', version: result }] : [];
  }

  #hold(call: Sv1Call): readonly ServerSessionOutput[] {
    this.#heldBytes += this.#messageBytes;
    const { heldCalls, heldBytes } = this.#limits;
    if (this.#held.length >= heldCalls || this.#heldBytes > heldBytes) return [this.#end('too-many-calls')];
    this.#held.push(call);
    return [];
  }

  #fault(error: Sv1Error): readonly ServerSessionOutput[] {
    const { id } = error.context as { readonly id?: string };
    if (error.code === 'line-too-long') return [this.#end('line-too-long')];
    const line = encodeResponse(id, { error: rpcError('other', 'Parse error') });
    return [{ type: 'send', line }, ...this.#countFault(error.code)];
  }

  #countFault(code: string): readonly ServerSessionOutput[] {
    const fault = { type: 'fault', code } as const;
    return ++this.#faults < this.#limits.faults ? [fault] : [fault, this.#end('too-many-faults')];
  }

  #refuse(call: PendingCall, error: RpcError): ServerSessionOutput {
    return { type: 'send', line: encodeResponse(call.id, { error }) };
  }

  #end(reason: Extract<ServerSessionOutput, { readonly type: 'end' }>['reason']): ServerSessionOutput {
    this.#hasEnded = true;
    this.#held = [];
    return { type: 'end', reason };
  }
}

/** `mining.notify` as a line; the same for every miner that gets the job. */
export function notifyLine(params: NotifyParams): Uint8Array {
  return encodeCall({ method: Notify.name, params: Notify.formatParams(params) });
}

/** `mining.set_difficulty` as a line. */
export function difficultyLine(difficulty: number): Uint8Array {
  return encodeCall({ method: SetDifficulty.name, params: SetDifficulty.formatParams({ difficulty }) });
}

/** `mining.set_extranonce` as a line, for miners that understand it. */
export function extranonceLine(extranonce1: Uint8Array, extranonce2Size: number): Uint8Array {
  return encodeCall({
    method: SetExtranonce.name,
    params: SetExtranonce.formatParams({ extranonce1, extranonce2Size }),
  });
}

/** `mining.set_version_mask` as a line (BIP310). */
export function versionMaskLine(mask: number): Uint8Array {
  return encodeCall({ method: SetVersionMask.name, params: SetVersionMask.formatParams({ mask }) });
}

/** `client.reconnect`; without a host the miner comes back to where it is. */
export function reconnectLine(params: ReconnectParams): Uint8Array {
  return encodeCall({ method: ClientReconnect.name, params: ClientReconnect.formatParams(params) });
}

/** `client.show_message`: text for the operator of the miner. */
export function messageLine(text: string): Uint8Array {
  return encodeCall({ method: ClientShowMessage.name, params: ClientShowMessage.formatParams({ text }) });
}

/** A string of its own: a slice of a long one keeps all of it. */
function detached(text: string): string {
  return [...text].join('');
}

function asSv1Error(error: unknown): Sv1Error {
  if (error instanceof RemoteError) return error as Sv1Error;
  throw error;
}
