import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { displayHash } from '@stratumkit/bitcoin';
import { createTemplate, Mempool, mineBlock, premine, RegtestChain, TransactionGenerator } from '@stratumkit/regtest';
import { readClock } from '@stratumkit/runtime';
import { freePort } from '@stratumkit/testing';

/** The calls of a node that a template provider makes, answered from a regtest chain. */
export class FakeBitcoind {
  readonly chain = new RegtestChain();
  readonly mempool = new Mempool(this.chain);
  readonly submitted: string[] = [];
  /** Answers every call with this error of Core until it is taken away. */
  trouble: { readonly code: number; readonly message: string } | undefined;
  /** Hangs up on submitblock after the block was taken. */
  losesAnswers = 0;
  network = 'regtest';
  port = 0;
  longPolls = 0;
  readonly #generator = new TransactionGenerator(this.chain, this.mempool, { seed: 1 });
  readonly #waiting = new Set<() => void>();
  #server: ReturnType<typeof createServer> | undefined;

  constructor(transactions = 10) {
    premine(this.chain, this.mempool, readClock().unixSeconds);
    this.addTransactions(transactions);
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const server = createServer(async (request, response) => {
      let body = '';
      for await (const chunk of request) body += String(chunk);
      const { method, params } = JSON.parse(body) as { method: string; params: unknown[] };
      this.#answer(method, params, response);
    });
    // The same one after a stop, when it must be nobody else's.
    if (this.port === 0) this.port = await freePort();
    server.listen(this.port, '127.0.0.1');
    await once(server, 'listening');
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    this.#waiting.clear();
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }

  addTransactions(count: number): void {
    for (let i = 0; i < count; i++) this.#generator.next();
  }

  /** A block found by somebody else. */
  mine(): void {
    const now = readClock().unixSeconds;
    this.chain.submitBlock(mineBlock(createTemplate(this.chain, this.mempool, now), { tag: Uint8Array.of(0x77) }), now);
    this.#wake();
  }

  #wake(): void {
    for (const resume of this.#waiting) resume();
    this.#waiting.clear();
  }

  #answer(method: string, params: readonly unknown[], response: ServerResponse): void {
    if (this.trouble !== undefined) reply(response, null, this.trouble);
    else if (method === 'getblocktemplate') this.#answerTemplate(params[0] as { longpollid?: string }, response);
    else if (method === 'submitblock') this.#answerSubmit(String(params[0]), response);
    else {
      const result = this.#lookUp(method, params);
      const error = result === undefined ? { code: -32601, message: 'Method not found' } : null;
      reply(response, result, error);
    }
  }

  #answerTemplate({ longpollid }: { longpollid?: string }, response: ServerResponse): void {
    const send = () => reply(response, this.#template());
    if (longpollid === displayHash(this.chain.tip.hash)) {
      this.longPolls += 1;
      this.#waiting.add(send);
    } else send();
  }

  #answerSubmit(hex: string, response: ServerResponse): void {
    this.submitted.push(hex);
    const { reason } = this.chain.submitBlock(new Uint8Array(Buffer.from(hex, 'hex')), readClock().unixSeconds);
    if (this.losesAnswers > 0) {
      this.losesAnswers -= 1;
      response.socket?.destroy();
    } else reply(response, reason ?? null);
    this.#wake();
  }

  #lookUp(method: string, params: readonly unknown[]): unknown {
    const { chain } = this;
    switch (method) {
      case 'getblockchaininfo': {
        const { height: blocks } = chain;
        const bestblockhash = displayHash(chain.tip.hash);
        return { chain: this.network, blocks, headers: blocks, bestblockhash, initialblockdownload: false };
      }
      case 'getblockcount':
        return chain.height;
      case 'getblockhash':
        return displayHash(chain.blockHash(Number(params[0]))!);
      case 'getblock':
        for (let height = 0; height <= chain.height; height++)
          if (displayHash(chain.blockHash(height)!) === params[0])
            return Buffer.from(chain.blockAt(height)!).toString('hex');
    }
    return undefined;
  }

  #template(): object {
    const { prevHash, height, version, nbits, time, minTime, coinbaseValue, target, transactions } = createTemplate(
      this.chain,
      this.mempool,
      readClock().unixSeconds,
    );
    return {
      previousblockhash: displayHash(prevHash),
      height,
      version,
      bits: nbits.toString(16),
      curtime: time,
      mintime: minTime,
      coinbasevalue: Number(coinbaseValue),
      target: displayHash(target),
      longpollid: displayHash(prevHash),
      default_witness_commitment: '6a24aa21a9ed',
      transactions: transactions.map(({ data, txid, wtxid, fee, weight, sigops, depends }) => ({
        data: Buffer.from(data).toString('hex'),
        txid: displayHash(txid),
        hash: displayHash(wtxid),
        fee: Number(fee),
        weight,
        sigops,
        depends: depends.map((index) => index + 1),
      })),
    };
  }
}

function reply(response: ServerResponse, result: unknown, error: unknown = null): void {
  response.writeHead(error === null ? 200 : 500).end(JSON.stringify({ result, error, id: 1 }));
}
