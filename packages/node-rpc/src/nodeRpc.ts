import { Agent } from 'node:http';
import { ConfigError } from '@stratumkit/codec';
import { type NodeBlockTemplate, parseBlockTemplate, type TransactionCache } from './blockTemplate.ts';
import { Credentials, type NodeAuth } from './credentials.ts';
import { NodeError, rpcError } from './errors.ts';
import { invalid, JsonFields } from './fields.ts';
import { postJson } from './httpCall.ts';

/** One node and how to be let in; the constructor throws ConfigError for an URL that is none. */
export interface NodeRpcOptions {
  /** `http://127.0.0.1:8332`. */
  readonly url: string;
  readonly auth: NodeAuth;
  /** For every call but a long poll. */
  readonly timeoutMs?: number;
  /** A larger answer is the NodeError `response-too-large`; by default {@link DEFAULT_MAXIMUM_RESPONSE_BYTES}. */
  readonly maximumResponseBytes?: number;
}

/** An abort is the NodeError `aborted`, a timeout `timeout`. */
export interface CallOptions {
  readonly signal?: AbortSignal;
  /** Instead of the one of {@link NodeRpcOptions}. */
  readonly timeoutMs?: number;
}

/** With `longPollId` the timeout is {@link DEFAULT_LONG_POLL_TIMEOUT_MS} unless given. */
export interface GetBlockTemplateOptions extends CallOptions {
  /** Waits until the tip is another one than when this id was given out, or its mempool changed for a while. */
  readonly longPollId?: string;
}

/** Networks by the names that configurations have, not Core's. */
export type NodeNetwork = 'mainnet' | 'testnet3' | 'testnet4' | 'signet' | 'regtest';

/** What getblockchaininfo says of the chain that the node follows. */
export interface BlockchainInfo {
  readonly network: NodeNetwork;
  /** Height of the best block. */
  readonly blocks: number;
  /** Height of the best header: above `blocks` while the node catches up. */
  readonly headers: number;
  /** Wire order. */
  readonly bestBlockHash: Uint8Array;
  readonly initialBlockDownload: boolean;
}

/** For every call but a long poll. */
export const DEFAULT_RPC_TIMEOUT_MS = 30_000;
/** Core keeps a thread busy for a long poll even after its client gave up, so giving up early uses them up. */
export const DEFAULT_LONG_POLL_TIMEOUT_MS = 24 * 60 * 60 * 1_000;
/** 64 MiB: several times the JSON of the fullest template. */
export const DEFAULT_MAXIMUM_RESPONSE_BYTES = 64 * 1024 * 1024;

const CHAINS: Readonly<Record<string, NodeNetwork>> = {
  main: 'mainnet',
  test: 'testnet3',
  testnet4: 'testnet4',
  signet: 'signet',
  regtest: 'regtest',
};

/** JSON-RPC over HTTP to one Bitcoin node. Every failure is a {@link NodeError}. */
export class NodeRpc {
  readonly #url: URL;
  readonly #credentials: Credentials;
  readonly #agent = new Agent({ keepAlive: true });
  readonly #timeoutMs: number;
  readonly #maximumResponseBytes: number;
  #id = 0;
  #transactions: TransactionCache = new Map();

  constructor(options: NodeRpcOptions) {
    this.#url = parseNodeUrl(options.url);
    this.#credentials = new Credentials(options.auth);
    this.#timeoutMs = options.timeoutMs ?? DEFAULT_RPC_TIMEOUT_MS;
    this.#maximumResponseBytes = options.maximumResponseBytes ?? DEFAULT_MAXIMUM_RESPONSE_BYTES;
  }

  /** Closes idle connections; calls under way go on until their signal or timeout. */
  close(): void {
    this.#agent.destroy();
  }

  /** For SegWit blocks. With `longPollId` it may take hours. */
  async getBlockTemplate(options: GetBlockTemplateOptions = {}): Promise<NodeBlockTemplate> {
    const { longPollId, signal } = options;
    const request = { rules: ['segwit'], capabilities: ['longpoll'], ...(longPollId && { longpollid: longPollId }) };
    const timeoutMs = options.timeoutMs ?? (longPollId === undefined ? this.#timeoutMs : DEFAULT_LONG_POLL_TIMEOUT_MS);
    const result = await this.call('getblocktemplate', [request], { timeoutMs, ...(signal && { signal }) });
    const { template, cache } = parseBlockTemplate(result, this.#transactions);
    this.#transactions = cache;
    return template;
  }

  /** Undefined when the block is the new tip, else the node's reason: `duplicate`, `inconclusive`, `high-hash`... */
  async submitBlock(block: Uint8Array, options: CallOptions = {}): Promise<string | undefined> {
    const result = await this.call('submitblock', [Buffer.from(block).toString('hex')], options);
    if (result === null) return undefined;
    if (typeof result !== 'string') throw invalid('submitblock', 'null or a reason expected');
    return result;
  }

  async getBlockchainInfo(options: CallOptions = {}): Promise<BlockchainInfo> {
    const fields = new JsonFields('getblockchaininfo', await this.call('getblockchaininfo', [], options));
    const chain = fields.string('chain');
    const network = CHAINS[chain];
    if (network === undefined) throw invalid('getblockchaininfo', `unknown chain ${JSON.stringify(chain)}`);
    return {
      network,
      blocks: fields.integer('blocks'),
      headers: fields.integer('headers'),
      bestBlockHash: fields.hash('bestblockhash'),
      initialBlockDownload: fields.boolean('initialblockdownload'),
    };
  }

  /** Throws `wrong-network` unless the node follows `network`. */
  async requireNetwork(network: NodeNetwork, options: CallOptions = {}): Promise<BlockchainInfo> {
    const info = await this.getBlockchainInfo(options);
    if (info.network !== network)
      throw new NodeError('wrong-network', `the node is on ${info.network}, not on ${network}`, {
        context: { expected: network, actual: info.network },
      });
    return info;
  }

  async getBlockCount(options: CallOptions = {}): Promise<number> {
    const result = await this.call('getblockcount', [], options);
    return typeof result === 'number' ? result : failType('getblockcount', 'number');
  }

  /** Wire order. */
  async getBlockHash(height: number, options: CallOptions = {}): Promise<Uint8Array> {
    return new JsonFields('getblockhash', { hash: await this.call('getblockhash', [height], options) }).hash('hash');
  }

  /** Wire order. */
  async getBestBlockHash(options: CallOptions = {}): Promise<Uint8Array> {
    const hash = await this.call('getbestblockhash', [], options);
    return new JsonFields('getbestblockhash', { hash }).hash('hash');
  }

  /** The whole block. `hash` in wire order. */
  async getBlock(hash: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const data = await this.call('getblock', [Buffer.from(hash).reverse().toString('hex'), 0], options);
    return new JsonFields('getblock', { data }).bytes('data');
  }

  /** Gives the txid in wire order. */
  async sendRawTransaction(transaction: Uint8Array, options: CallOptions = {}): Promise<Uint8Array> {
    const hash = await this.call('sendrawtransaction', [Buffer.from(transaction).toString('hex')], options);
    return new JsonFields('sendrawtransaction', { hash }).hash('hash');
  }

  /**
   * Any method; the result as JSON. A refused cookie is read again once: the node may have been restarted. Throws NodeError,
   * nothing else.
   */
  async call(method: string, params: readonly unknown[], options: CallOptions = {}): Promise<unknown> {
    const first = await this.#postTwice(method, params, options);
    const { status, body } =
      first.status === 401 && this.#credentials.forget() ? await this.#post(method, params, options) : first;
    if (status === 401)
      throw new NodeError('unauthorized', `${method}: the node refuses the credentials`, { context: { method } });
    if (status === 403)
      throw new NodeError('forbidden', `${method}: the node does not allow this address or method`, {
        context: { method },
      });
    if (status === 503)
      throw new NodeError('busy', `${method}: the node's work queue is full`, { context: { method } });
    return readResult(method, status, body);
  }

  /** Every method used here may be sent again: a block that was taken the first time is then a `duplicate`. */
  async #postTwice(
    method: string,
    params: readonly unknown[],
    options: CallOptions,
  ): Promise<{ status: number; body: string }> {
    try {
      return await this.#post(method, params, options);
    } catch (error) {
      if (!(error instanceof NodeError) || error.context.reusedSocket !== true) throw error;
      return this.#post(method, params, options);
    }
  }

  async #post(
    method: string,
    params: readonly unknown[],
    options: CallOptions,
  ): Promise<{ status: number; body: string }> {
    this.#id += 1;
    return postJson({
      method,
      url: this.#url,
      agent: this.#agent,
      authorization: await this.#credentials.header(),
      body: JSON.stringify({ jsonrpc: '1.0', id: this.#id, method, params }),
      timeoutMs: options.timeoutMs ?? this.#timeoutMs,
      maximumResponseBytes: this.#maximumResponseBytes,
      signal: options.signal,
    });
  }
}

/** Errors come with a JSON body and status 500 or 404; anything else is not from a node. */
function readResult(method: string, status: number, body: string): unknown {
  let reply: unknown;
  try {
    reply = JSON.parse(body);
  } catch (cause) {
    throw new NodeError('invalid-response', `${method}: no JSON (HTTP ${status})`, {
      context: { method, status },
      cause,
    });
  }
  const { result, error } = (reply ?? {}) as { result?: unknown; error?: unknown };
  if (error !== null && error !== undefined) throw rpcError(method, error);
  if (result === undefined) throw invalid(method, `no result (HTTP ${status})`);
  return result;
}

/** The address of a node. Throws `ConfigError`. */
export function parseNodeUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'http:' || url.username !== '' || url.password !== '')
    throw new ConfigError('node-url', 'a node is named as http://host:port, without user or password', {});
  return url;
}

function failType(method: string, expected: string): never {
  throw invalid(method, `${expected} expected`);
}
