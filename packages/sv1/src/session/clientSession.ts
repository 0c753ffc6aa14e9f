import { type JsonValue, RemoteError } from '@stratumkit/codec';
import { decodeMessages } from '../batch.ts';
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
import { Configure, type ConfigureParams, type ConfigureResult } from '../methods/configure.ts';
import { GetTransactions, MultiVersion, Ping, type ReconnectParams } from '../methods/control.ts';
import {
  Authorize,
  ExtranonceSubscribe,
  Submit,
  type SubmitParams,
  Subscribe,
  type SubscribeResult,
} from '../methods/session.ts';
import { type NotifyParams, SuggestDifficulty, SuggestTarget } from '../methods/work.ts';
import { typedCall } from '../methods.ts';
import { type RpcError, rpcError } from '../rpcError.ts';

/** How a miner presents itself. */
export interface ClientSessionOptions {
  readonly userAgent: string;
  /** Every share is handed in under this id, as cpuminer does; by default each call has its own. */
  readonly submitId?: number;
}

/** What a line of the server came to, or a line for it. */
export type ClientSessionOutput =
  | { readonly type: 'send'; readonly line: Uint8Array }
  | { readonly type: 'configured'; readonly result: ConfigureResult }
  | { readonly type: 'subscribed'; readonly result: SubscribeResult }
  | { readonly type: 'authorized'; readonly error: RpcError | undefined }
  /** The oldest share without an answer was counted or refused. */
  | { readonly type: 'answered'; readonly tag: number; readonly error: RpcError | undefined }
  | { readonly type: 'difficulty'; readonly difficulty: number }
  | { readonly type: 'extranonce'; readonly extranonce1: Uint8Array; readonly extranonce2Size: number }
  | { readonly type: 'versionMask'; readonly mask: number }
  | { readonly type: 'job'; readonly job: NotifyParams }
  | { readonly type: 'reconnect'; readonly params: ReconnectParams }
  | { readonly type: 'message'; readonly text: string }
  /** The answer to any other call. */
  | {
      readonly type: 'reply';
      readonly method: string;
      readonly result: JsonValue;
      readonly error: RpcError | undefined;
    }
  /** What the server sent cannot be worked with. */
  | { readonly type: 'fault'; readonly code: string };

interface Pending {
  readonly method: string;
  /** Of a submit: what the owner knows it by. */
  readonly tag: number;
}

/** Calls that wait for an answer; the oldest gives way. */
export const MAX_PENDING_CALLS = 1_024;

/** The miner's side of one SV1 connection. The owner decides what is asked and when; answers are matched here. */
export class ClientSession {
  readonly #options: ClientSessionOptions;
  /** Calls without an answer, by id; a server answers calls of one id in order. */
  readonly #pending = new Map<RpcId, Pending[]>();
  #pendingCount = 0;
  #nextId = 1;

  constructor(options: ClientSessionOptions) {
    this.#options = options;
  }

  /** Calls without an answer. */
  get pendingCount(): number {
    return this.#pendingCount;
  }

  configure(params: ConfigureParams): Uint8Array {
    return this.#request(Configure.name, Configure.formatParams(params));
  }

  subscribe(sessionId?: string): Uint8Array {
    return this.#request(Subscribe.name, Subscribe.formatParams({ userAgent: this.#options.userAgent, sessionId }));
  }

  authorize(workerName: string, password: string): Uint8Array {
    return this.#request(Authorize.name, Authorize.formatParams({ workerName, password }));
  }

  suggestDifficulty(difficulty: number): Uint8Array {
    return this.#request(SuggestDifficulty.name, SuggestDifficulty.formatParams({ difficulty }));
  }

  suggestTarget(target: Uint8Array): Uint8Array {
    return this.#request(SuggestTarget.name, SuggestTarget.formatParams({ target }));
  }

  subscribeExtranonce(): Uint8Array {
    return this.#request(ExtranonceSubscribe.name, []);
  }

  /** How many versions the miner mines at once. */
  multiVersion(version: number): Uint8Array {
    return this.#request(MultiVersion.name, MultiVersion.formatParams({ version }));
  }

  ping(): Uint8Array {
    return this.#request(Ping.name, []);
  }

  getTransactions(jobId: string): Uint8Array {
    return this.#request(GetTransactions.name, GetTransactions.formatParams({ jobId }));
  }

  /** `tag` comes back with the answer. */
  submit(share: SubmitParams, tag: number): Uint8Array {
    return this.#request(Submit.name, Submit.formatParams(share), tag, this.#options.submitId);
  }

  /** A line without its end. Nothing is thrown for what the server sent: it is a `fault`. */
  handle(line: Uint8Array): readonly ClientSessionOutput[] {
    try {
      return decodeMessages(line).flatMap((message) =>
        message instanceof RemoteError ? [fault(message)] : this.#message(message),
      );
    } catch (error) {
      if (!(error instanceof RemoteError)) throw error;
      return [fault(error as Sv1Error)];
    }
  }

  #message(message: Sv1Message): readonly ClientSessionOutput[] {
    return message.type === 'call' ? this.#call(message) : this.#response(message);
  }

  #request(method: string, params: JsonValue, tag = 0, id?: number): Uint8Array {
    const text = rpcId(id ?? this.#takeId());
    const queue = this.#pending.get(text) ?? [];
    queue.push({ method, tag });
    this.#pending.set(text, queue);
    this.#pendingCount++;
    if (this.#pendingCount > MAX_PENDING_CALLS) this.#forgetOldest();
    return encodeCall({ id: text, method, params });
  }

  #takeId(): number {
    const id = this.#nextId++;
    // cpuminer's own id for shares is not given to anything else.
    return id === this.#options.submitId ? this.#nextId++ : id;
  }

  #forgetOldest(): void {
    for (const [id, queue] of this.#pending) {
      queue.shift();
      this.#pendingCount--;
      if (queue.length === 0) this.#pending.delete(id);
      return;
    }
  }

  #response({ id, result, error }: Sv1Response): readonly ClientSessionOutput[] {
    const queue = id === undefined ? undefined : this.#pending.get(id);
    const pending = queue?.shift();
    if (pending === undefined || queue === undefined || id === undefined) return [];
    if (queue.length === 0) this.#pending.delete(id);
    this.#pendingCount--;
    const refusal = error ?? (result === false ? rpcError('other', 'refused without a reason') : undefined);
    switch (pending.method) {
      case Configure.name:
        return [{ type: 'configured', result: error === undefined ? Configure.parseResult(result) : {} }];
      case Subscribe.name:
        return error === undefined
          ? [{ type: 'subscribed', result: Subscribe.parseResult(result) }]
          : [{ type: 'fault', code: 'subscribe-refused' }];
      case Authorize.name:
        return [{ type: 'authorized', error: refusal }];
      case Submit.name:
        return [{ type: 'answered', tag: pending.tag, error: refusal }];
      default:
        return [{ type: 'reply', method: pending.method, result, error }];
    }
  }

  #call(call: Sv1Call): readonly ClientSessionOutput[] {
    const typed = typedCall(call);
    switch (typed?.method) {
      case 'mining.notify':
        return [{ type: 'job', job: typed.params }];
      case 'mining.set_difficulty':
        return [{ type: 'difficulty', difficulty: typed.params.difficulty }];
      case 'mining.set_extranonce':
        return [...this.#confirm(call), { type: 'extranonce', ...typed.params }];
      case 'mining.set_version_mask':
        return [{ type: 'versionMask', mask: typed.params.mask }];
      case 'client.reconnect':
        return [{ type: 'reconnect', params: typed.params }];
      case 'client.show_message':
        return [...this.#confirm(call), { type: 'message', text: typed.params.text }];
      case 'client.get_version':
        return [{ type: 'send', line: encodeResponse(call.id, { result: this.#options.userAgent }) }];
      case 'mining.ping':
        return [{ type: 'send', line: encodeResponse(call.id, { result: 'pong' }) }];
      default:
        if (!isAnswered(call)) return [];
        return [{ type: 'send', line: encodeResponse(call.id, { error: rpcError('other', 'Method not found') }) }];
    }
  }

  /** Most servers send notifications; one that asks is answered. */
  #confirm(call: Sv1Call): readonly ClientSessionOutput[] {
    return isAnswered(call) ? [{ type: 'send', line: encodeResponse(call.id, { result: true }) }] : [];
  }
}

function isAnswered({ id }: Sv1Call): boolean {
  return id !== undefined && id !== 'null';
}

function fault({ code }: Sv1Error): ClientSessionOutput {
  return { type: 'fault', code };
}
