import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeBlock } from '@stratumkit/bitcoin';
import { RegtestChain } from '@stratumkit/regtest';
import { defaultModules } from '@stratumkit/template-provider';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { solve } from './support/client.ts';
import { EASY_CHAIN, TestBench } from './support/provider.ts';

let bench: TestBench;
beforeEach(() => {
  bench = new TestBench();
});
afterEach(() => bench.close());

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'template-provider-'));
  bench.defer(() => rmSync(directory, { recursive: true }));
  return directory;
}

async function allBlocks(blocks: AsyncIterable<string>): Promise<Uint8Array[]> {
  const list: Uint8Array[] = [];
  for await (const block of blocks) list.push(new Uint8Array(Buffer.from(block, 'hex')));
  return list;
}

describe('template provider over the embedded chain', () => {
  it('turns a solution into a block, and tells every client of the new tip', async () => {
    const provider = await bench.start();
    const [finder, other] = [await bench.connect(provider), await bench.connect(provider)];
    finder.constrain();
    other.constrain(4_000);
    const work = await finder.work();
    await other.work();
    expect(work.template.coinbaseTxValueRemaining).toBeGreaterThan(5_000_000_000n);

    finder.submit(solve(work));
    const block = await bench.event('block');
    expect(block).toMatchObject({ outcome: 'accepted', reason: undefined, height: 121 });
    for (const client of [finder, other]) {
      const next = await client.work();
      expect(Buffer.from(next.prevHash.prevHash).reverse().toString('hex')).toBe(block.hash);
      expect(next.template.templateId).toBeGreaterThan(work.template.templateId);
    }
    expect(await bench.event('tip', ({ height }) => height === 121)).toMatchObject({ hash: block.hash });
  });

  it('finds a block when it is asked to, with the transactions that wait, and is none the slower for it', async () => {
    const directory = temporaryDirectory();
    const provider = await bench.start({ dataDir: directory });
    const client = await bench.connect(provider);
    client.constrain();
    const before = await client.work();
    const { height, hash } = provider.findBlock();
    expect(height).toBe(121);
    const next = await client.work();
    expect(Buffer.from(next.prevHash.prevHash).reverse().toString('hex')).toBe(hash);
    expect(next.prevHash.target).toEqual(before.prevHash.target);
    const blocks = await allBlocks(provider.exportBlocks());
    expect(decodeBlock(blocks.at(-1)!).transactions.length).toBeGreaterThan(1);
    // It is a block like any other: kept, and mined on.
    client.submit(solve(next));
    expect(await bench.event('block')).toMatchObject({ outcome: 'accepted', height: 122 });
    await provider.close();
    const again = await bench.start({ dataDir: directory });
    expect(await allBlocks(again.exportBlocks())).toHaveLength(122);
  });

  it('outlives a block that cannot be handed in, and says what became of it', async () => {
    const provider = await bench.start(
      {},
      {
        ...defaultModules,
        createSource: (...parts) => {
          const source = defaultModules.createSource(...parts);
          source.submitBlock = () => Promise.reject(new Error('the chain is on fire'));
          return source;
        },
      },
    );
    const client = await bench.connect(provider);
    client.constrain();
    client.submit(solve(await client.work()));
    expect(await bench.event('block')).toMatchObject({ outcome: 'rejected', reason: 'the chain is on fire' });
    const other = await bench.connect(provider);
    other.constrain();
    expect((await other.work()).template.futureTemplate).toBe(true);
  });

  it('mines on and exports a chain that another one accepts', async () => {
    const provider = await bench.start();
    const client = await bench.connect(provider);
    client.constrain();
    for (let height = 121; height <= 125; height++) {
      client.submit(solve(await client.work()));
      await bench.event('block', (event) => event.height === height && event.outcome === 'accepted');
    }
    const blocks = await allBlocks(provider.exportBlocks());
    expect(blocks).toHaveLength(125);
    expect(blocks.slice(120).some((block) => decodeBlock(block).transactions.length > 1)).toBe(true);
    const copy = new RegtestChain();
    for (const block of blocks) expect(copy.submitBlock(block, 0xffffffff).reason).toBeUndefined();
  });

  it('hands out the transactions of a template', async () => {
    const provider = await bench.start();
    const client = await bench.connect(provider);
    client.constrain();
    const { template } = await client.work();
    client.requestTransactions(template.templateId);
    const answer = await client.next('RequestTransactionData.Success');
    expect(answer.transactionList.length).toBeGreaterThan(0);
    client.requestTransactions(1n);
    expect(await client.next('RequestTransactionData.Error')).toEqual({
      templateId: 1n,
      errorCode: 'template-id-not-found',
    });
  });

  it('announces a target far below that of nbits', async () => {
    const provider = await bench.start({ source: { ...EASY_CHAIN, expectedHashrate: 1_000_000 } });
    const client = await bench.connect(provider);
    client.constrain();
    const { prevHash } = await client.work();
    expect(prevHash.nbits).toBe(0x207fffff);
    expect([...prevHash.target.slice(-3)]).toEqual([0, 0, 0]);
  });

  it('works without encryption when told so', async () => {
    const provider = await bench.start({ insecure: true });
    expect(provider.authorityPublicKey).toBeUndefined();
    const client = await bench.connect(provider);
    client.constrain();
    expect((await client.work()).template.futureTemplate).toBe(true);
  });

  it('closes a client whose constraints no block has room for', async () => {
    const client = await bench.connect(await bench.start());
    client.constrain(1_000_000);
    expect(await client.closed()).toBe('peer-closed');
  });

  it('goes on where it stopped: chain, key and ids', async () => {
    const dataDir = temporaryDirectory();
    const first = await bench.start({ dataDir });
    const client = await bench.connect(first);
    client.constrain();
    const work = await client.work();
    client.submit(solve(work));
    const { hash } = await bench.event('block');
    await expect(bench.start({ dataDir })).rejects.toMatchObject({ code: 'data-dir-in-use' });
    await first.close();

    const file = join(dataDir, 'blocks.dat');
    writeFileSync(file, Uint8Array.of(0xfa, 0xbf), { flag: 'a' });
    const second = await bench.start({ dataDir });
    expect(second.authorityPublicKey).toBe(first.authorityPublicKey);
    expect(bench.events.filter(({ type }) => type === 'tip').at(-1)).toMatchObject({ height: 121, hash });
    const again = await bench.connect(second);
    again.constrain();
    expect((await again.work()).template.templateId).toBeGreaterThan(work.template.templateId);
    await second.close();

    const bytes = readFileSync(file);
    bytes[0] = 0;
    writeFileSync(file, bytes);
    await expect(bench.start({ dataDir })).rejects.toMatchObject({ code: 'blocks-file' });
    truncateSync(file, 0);
    await bench.start({ dataDir });
  });

  it('says when its address is taken, and leaves nothing behind', async () => {
    const dataDir = temporaryDirectory();
    const { address } = await bench.start();
    await expect(bench.start({ dataDir, listen: address })).rejects.toMatchObject({ name: 'ConfigError' });
    await bench.start({ dataDir });
  });
});
