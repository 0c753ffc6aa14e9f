import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TemplateProviderOptions } from '@stratumkit/template-provider';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { solve } from './support/client.ts';
import { FakeBitcoind } from './support/fakeBitcoind.ts';
import { TestBench } from './support/provider.ts';

let bench: TestBench;
let node: FakeBitcoind;
beforeEach(async () => {
  bench = new TestBench();
  node = new FakeBitcoind();
  await node.start();
  bench.defer(() => node.stop());
});
afterEach(() => bench.close());

function options(change: Partial<TemplateProviderOptions> = {}): Partial<TemplateProviderOptions> {
  const auth = { type: 'password', user: 'me', password: 'secret' } as const;
  return { source: { type: 'node', url: node.url, auth, network: 'regtest' }, templateIntervalMs: 50, ...change };
}

describe('template provider over a node', () => {
  it('mines on the node', async () => {
    const provider = await bench.start(options());
    const client = await bench.connect(provider);
    client.constrain();
    const before = node.chain.height;
    for (let found = 1; found <= 3; found++) {
      client.submit(solve(await client.work()));
      await bench.event('block', ({ height, outcome }) => height === before + found && outcome === 'accepted');
    }
    expect(node.chain.height).toBe(before + 3);
    let exported = 0;
    for await (const block of provider.exportBlocks()) exported += block.length > 160 ? 1 : 0;
    expect(exported).toBe(before + 3);
  });

  it('hears at once of a block that others found, with one long poll at a time', async () => {
    const client = await bench.connect(await bench.start(options({ templateIntervalMs: 3_600_000 })));
    client.constrain();
    await client.work();
    for (let i = 0; i < 3; i++) {
      node.mine();
      const { prevHash } = await client.work();
      expect(prevHash.prevHash).toEqual(node.chain.tip.hash);
    }
    expect(node.longPolls).toBeLessThanOrEqual(4);
  });

  it('announces a target below that of nbits when a pace is given', async () => {
    const pace = { blockInterval: 1, expectedHashrate: 1_000 };
    const { source } = options();
    const client = await bench.connect(await bench.start(options({ source: { ...source!, pace } as never })));
    client.constrain();
    const work = await client.work();
    expect(work.prevHash).toMatchObject({ nbits: 0x207fffff });
    expect(work.prevHash.target[31]).toBe(0);
    client.submit(solve(work));
    await bench.event('block', ({ outcome }) => outcome === 'accepted');
    expect((await client.work()).prevHash.target).not.toEqual(work.prevHash.target);
  });

  it('hears of rising fees', async () => {
    const client = await bench.connect(await bench.start(options()));
    client.constrain();
    const { template } = await client.work();
    node.addTransactions(40);
    const update = await client.next('NewTemplate');
    expect(update.futureTemplate).toBe(false);
    expect(update.coinbaseTxValueRemaining).toBeGreaterThan(template.coinbaseTxValueRemaining);
  });

  it('waits for a node that is not there, warms up or is on another network, and says so', async () => {
    await node.stop();
    const client = await bench.connect(await bench.start(options()));
    client.constrain();
    expect(await bench.event('source-lost')).toMatchObject({ code: 'refused' });
    node.trouble = { code: -28, message: 'Loading block index…' };
    await node.start();
    expect(await bench.event('source-lost', ({ code }) => code === 'warming-up')).toMatchObject({ source: 'node' });
    node.trouble = undefined;
    node.network = 'main';
    const wrong = await bench.event('source-lost', ({ code }) => code === 'wrong-network');
    expect(wrong.message).toBe('the node is on mainnet, not on regtest');
    node.network = 'regtest';
    await bench.event('source-ready');
    expect((await client.work()).prevHash.prevHash).toEqual(node.chain.tip.hash);
  });

  it('comes back after the node was restarted, with the client still connected', async () => {
    const client = await bench.connect(await bench.start(options()));
    client.constrain();
    await client.work();
    await node.stop();
    await bench.event('source-lost');
    node.mine();
    await node.start();
    expect((await client.work()).prevHash.prevHash).toEqual(node.chain.tip.hash);
  });

  it('saves a block first and submits it until the node has judged it', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'template-provider-'));
    bench.defer(() => rmSync(dataDir, { recursive: true }));
    const client = await bench.connect(await bench.start(options({ dataDir })));
    client.constrain();
    const work = await client.work();
    node.trouble = { code: -28, message: 'busy' };
    client.submit(solve(work));
    await bench.event('submit-retry');
    const files = readdirSync(join(dataDir, 'solved'));
    expect(files).toHaveLength(1);
    node.losesAnswers = 1;
    node.trouble = undefined;
    const block = await bench.event('block');
    expect(block).toMatchObject({ outcome: 'accepted', reason: 'duplicate' });
    expect(files).toEqual([`${block.hash}.hex`]);
    expect(new Set(node.submitted).size).toBe(1);
  });

  it('reports what the node refuses', async () => {
    const client = await bench.connect(await bench.start(options()));
    client.constrain();
    const work = await client.work();
    const overpaid = { ...work.template, coinbaseTxValueRemaining: work.template.coinbaseTxValueRemaining + 1n };
    client.submit(solve({ ...work, template: overpaid }));
    expect(await bench.event('block')).toMatchObject({ outcome: 'rejected', reason: 'bad-cb-amount' });
  });

  it('needs a lasting key on mainnet', async () => {
    const auth = { type: 'password', user: 'me', password: 'secret' } as const;
    const source = { type: 'node', url: node.url, auth, network: 'mainnet' } as const;
    await expect(bench.start({ source })).rejects.toMatchObject({ code: 'authority-key' });
  });
});
