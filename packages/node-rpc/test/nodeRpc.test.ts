import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeError, NodeRpc, type NodeRpcOptions } from '@stratumkit/node-rpc';
import { afterEach, describe, expect, it } from 'vitest';
import { type FakeAnswer, type FakeCall, type FakeNode, startFakeNode } from './fakeNode.ts';

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

async function connect(respond: (call: FakeCall) => FakeAnswer, options: Partial<NodeRpcOptions> = {}) {
  const node: FakeNode = await startFakeNode(respond);
  const rpc = new NodeRpc({ url: node.url, auth: { type: 'password', user: 'me', password: 'pass word' }, ...options });
  undo.push(
    () => node.close(),
    () => rpc.close(),
  );
  return { node, rpc };
}

async function failure(promise: Promise<unknown>): Promise<NodeError> {
  const error: unknown = await promise.then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof NodeError)) throw error;
  return error;
}

const TEMPLATE = {
  version: 536870912,
  previousblockhash: `${'00'.repeat(31)}ff`,
  transactions: [
    { data: '0102', txid: '11'.repeat(32), hash: '22'.repeat(32), depends: [], fee: 21, sigops: 1, weight: 440 },
    { data: '0304', txid: '33'.repeat(32), hash: '44'.repeat(32), depends: [1], fee: 22, sigops: 2, weight: 441 },
  ],
  coinbasevalue: 5000000043,
  longpollid: 'tip1',
  target: `7fffff${'00'.repeat(29)}`,
  mintime: 1000,
  curtime: 1001,
  bits: '207fffff',
  height: 17,
  default_witness_commitment: '6a24aa21a9ed',
};

describe('calls', () => {
  it('authenticates and gives results', async () => {
    const { node, rpc } = await connect(() => ({ result: 7 }));
    expect(await rpc.getBlockCount()).toBe(7);
    const authorization = `Basic ${Buffer.from('me:pass word').toString('base64')}`;
    expect(node.calls).toEqual([{ method: 'getblockcount', params: [], authorization }]);
  });

  it('reads a block template into wire order', async () => {
    const { node, rpc } = await connect(() => ({ result: TEMPLATE }));
    const template = await rpc.getBlockTemplate({ longPollId: 'tip0' });
    expect(node.calls[0]?.params).toEqual([{ rules: ['segwit'], capabilities: ['longpoll'], longpollid: 'tip0' }]);
    expect(template).toMatchObject({
      height: 17,
      nbits: 0x207fffff,
      time: 1001,
      coinbaseValue: 5_000_000_043n,
      witness: true,
    });
    expect(template.prevHash[0]).toBe(0xff);
    expect([...template.target.slice(29)]).toEqual([0xff, 0xff, 0x7f]);
    expect(template.transactions.map(({ depends, fee }) => [depends, fee])).toEqual([
      [[], 21n],
      [[0], 22n],
    ]);
  });

  it('holds the bytes of a transaction once, however many templates have it', async () => {
    const { rpc } = await connect(() => ({ result: TEMPLATE }));
    const [first, second] = [await rpc.getBlockTemplate(), await rpc.getBlockTemplate()];
    expect(second.transactions[0]?.data).toBe(first.transactions[0]?.data);
  });

  it.each([
    ['curtime before mintime', { curtime: 5 }, { time: 1000 }],
    ['no witness commitment', { default_witness_commitment: undefined }, { witness: false }],
    ['a negative version', { version: -1 }, { version: 0xffffffff }],
  ])('understands %s', async (_, change, expected) => {
    const { rpc } = await connect(() => ({ result: { ...TEMPLATE, ...change } }));
    expect(await rpc.getBlockTemplate()).toMatchObject(expected);
  });

  it.each([
    ['previousblockhash', 'zz'],
    ['coinbasevalue', 1.5],
    ['coinbasevalue', -1],
    ['coinbasevalue', 2 ** 53],
    ['transactions', 'none'],
    ['bits', '1d00'],
    ['height', '17'],
  ])('refuses a template whose %s is %s', async (name, value) => {
    const { rpc } = await connect(() => ({ result: { ...TEMPLATE, [name]: value } }));
    expect(await failure(rpc.getBlockTemplate())).toMatchObject({ code: 'invalid-response' });
  });

  it('submits a block and gives the reason of a refusal', async () => {
    const answers: unknown[] = [null, 'high-hash'];
    const { node, rpc } = await connect(() => ({ result: answers.shift() }));
    expect(await rpc.submitBlock(Uint8Array.of(0xab, 0xcd))).toBeUndefined();
    expect(await rpc.submitBlock(Uint8Array.of(1))).toBe('high-hash');
    expect(node.calls.map(({ params }) => params)).toEqual([['abcd'], ['01']]);
  });

  it('turns hashes round', async () => {
    const { node, rpc } = await connect(({ method }) => ({
      result: method === 'getblock' ? '0a0b' : `${'00'.repeat(31)}01`,
    }));
    const hash = await rpc.getBlockHash(5);
    expect(hash[0]).toBe(1);
    expect(await rpc.getBlock(hash)).toEqual(Uint8Array.of(10, 11));
    expect(node.calls[1]?.params).toEqual([`${'00'.repeat(31)}01`, 0]);
  });
});

describe('networks', () => {
  const info = (chain: string) => ({
    result: { chain, blocks: 3, headers: 4, bestblockhash: '00'.repeat(32), initialblockdownload: true },
  });

  it('tells the network', async () => {
    const { rpc } = await connect(() => info('main'));
    expect(await rpc.getBlockchainInfo()).toMatchObject({ network: 'mainnet', blocks: 3, initialBlockDownload: true });
    expect(await failure(rpc.requireNetwork('regtest'))).toMatchObject({
      code: 'wrong-network',
      message: 'the node is on mainnet, not on regtest',
      isTemporary: false,
    });
  });

  it('does not know every network', async () => {
    const { rpc } = await connect(() => info('liquid'));
    expect(await failure(rpc.getBlockchainInfo())).toMatchObject({ code: 'invalid-response' });
  });
});

describe('failures', () => {
  it.each<[string, FakeAnswer, Partial<NodeError>]>([
    ['warming up', { error: { code: -28, message: 'Loading…' } }, { code: 'warming-up', isTemporary: true }],
    [
      'initial block download',
      { error: { code: -10, message: 'IBD' } },
      { code: 'initial-block-download', isTemporary: true },
    ],
    ['no peers', { error: { code: -9, message: 'alone' } }, { code: 'no-peers', isTemporary: true }],
    [
      'another error',
      { error: { code: -5, message: 'No such block' } },
      { code: 'rpc', message: 'getblockcount: No such block' },
    ],
    ['wrong password', { status: 401 }, { code: 'unauthorized', isTemporary: false }],
    ['not allowed', { status: 403 }, { code: 'forbidden' }],
    ['work queue full', { status: 503, body: 'Work queue depth exceeded' }, { code: 'busy', isTemporary: true }],
    ['not a node', { status: 200, body: '<html>' }, { code: 'invalid-response' }],
    ['no result', { status: 200, body: '{}' }, { code: 'invalid-response' }],
    ['hung up', 'hang up', { code: 'unreachable', isTemporary: true }],
    ['no number', { result: 'seven' }, { code: 'invalid-response' }],
  ])('%s', async (_, answer, expected) => {
    const { rpc } = await connect(() => answer);
    const error = await failure(rpc.getBlockCount());
    expect({ code: error.code, message: error.message, isTemporary: error.isTemporary }).toMatchObject(expected);
  });

  it('nobody there', async () => {
    const { node, rpc } = await connect(() => ({ result: 1 }));
    await node.close();
    undo.shift();
    expect(await failure(rpc.getBlockCount())).toMatchObject({ code: 'refused', isTemporary: true });
  });

  it('no answer in time', async () => {
    const { rpc } = await connect(() => 'silence');
    expect(await failure(rpc.getBlockCount({ timeoutMs: 20 }))).toMatchObject({ code: 'timeout', isTemporary: true });
  });

  it('given up before and while waiting', async () => {
    const controller = new AbortController();
    const { rpc } = await connect(() => {
      controller.abort();
      return 'silence';
    });
    expect(await failure(rpc.getBlockCount({ signal: controller.signal }))).toMatchObject({ code: 'aborted' });
    expect(await failure(rpc.getBlockCount({ signal: AbortSignal.abort() }))).toMatchObject({ code: 'aborted' });
  });

  it('an answer beyond the limit', async () => {
    const { rpc } = await connect(() => ({ result: 'x'.repeat(2_000) }), { maximumResponseBytes: 1_000 });
    expect(await failure(rpc.call('anything', []))).toMatchObject({ code: 'response-too-large' });
  });

  it('sends again when the node had closed a kept connection', async () => {
    let count = 0;
    const { rpc } = await connect(() => (++count === 2 ? 'hang up' : { result: count }));
    expect([await rpc.getBlockCount(), await rpc.getBlockCount()]).toEqual([1, 3]);
  });

  it.each(['https://127.0.0.1:8332', 'http://me:secret@127.0.0.1:8332', '127.0.0.1:8332'])(
    'refuses the address %s',
    (url) => {
      expect(() => new NodeRpc({ url, auth: { type: 'cookie', file: 'x' } })).toThrow('http://host:port');
    },
  );
});

describe('cookie', () => {
  function cookieFile(content: string): string {
    const directory = mkdtempSync(join(tmpdir(), 'node-rpc-'));
    undo.push(() => rmSync(directory, { recursive: true }));
    const file = join(directory, '.cookie');
    writeFileSync(file, content);
    return file;
  }

  it('is read again when the node refuses it', async () => {
    const file = cookieFile('__cookie__:one\n');
    const good = `Basic ${Buffer.from('__cookie__:two').toString('base64')}`;
    const { node, rpc } = await connect(
      ({ authorization }) => {
        writeFileSync(file, '__cookie__:two');
        return authorization === good ? { result: 9 } : { status: 401 };
      },
      { auth: { type: 'cookie', file } },
    );
    expect([await rpc.getBlockCount(), await rpc.getBlockCount()]).toEqual([9, 9]);
    expect(node.calls).toHaveLength(3);
  });

  it('is refused for good when the new one is, too', async () => {
    const { rpc } = await connect(() => ({ status: 401 }), { auth: { type: 'cookie', file: cookieFile('a:b') } });
    expect(await failure(rpc.getBlockCount())).toMatchObject({ code: 'unauthorized' });
  });

  it('may not be there yet', async () => {
    const { rpc } = await connect(() => ({ result: 1 }), { auth: { type: 'cookie', file: '/nowhere/.cookie' } });
    expect(await failure(rpc.getBlockCount())).toMatchObject({ code: 'cookie-unreadable', isTemporary: true });
  });
});
