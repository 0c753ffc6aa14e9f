import {
  decodeBlock,
  foldMerklePath,
  headerHash,
  merkleRoot,
  txid,
  witnessCommitmentScript,
} from '@stratumkit/bitcoin';
import {
  type BlockTemplate,
  TemplateServer,
  type TemplateServerOptions,
  type TemplateServerOutput,
} from '@stratumkit/roles';
import { describe, expect, it } from 'vitest';
import {
  after,
  constraints,
  message,
  names,
  newTemplateOf,
  START,
  sent,
  setNewPrevHashOf,
  solve,
  template,
  transaction,
} from './support.ts';

const TRANSACTIONS = [transaction(1), transaction(2), transaction(3)];

function serve(
  options: TemplateServerOptions = {},
  first: BlockTemplate | null = template({ transactions: TRANSACTIONS }),
) {
  const server = new TemplateServer(options, START);
  if (first !== null) server.handle({ type: 'template', template: first }, START);
  const connect = (connection: number, size?: number, sigops?: number): readonly TemplateServerOutput[] => {
    server.handle({ type: 'connected', connection }, START);
    return server.handle(constraints(connection, size, sigops), START);
  };
  return { server, connect };
}

describe('first answer', () => {
  it('sends nothing before the constraints', () => {
    const { server } = serve();
    expect(server.handle({ type: 'connected', connection: 1 }, START)).toEqual([]);
    expect(
      names(
        server.handle({ type: 'template', template: template({ height: 201, prevHash: new Uint8Array(32) }) }, START),
      ),
    ).toEqual([]);
  });

  it('answers the constraints at once: a future template, then its SetNewPrevHash', () => {
    const { connect } = serve();
    const outputs = connect(1);
    expect(names(outputs)).toEqual(['NewTemplate', 'SetNewPrevHash']);
    const given = newTemplateOf(outputs);
    const prevHash = setNewPrevHashOf(outputs);
    expect(given).toMatchObject({
      futureTemplate: true,
      version: 0x20000000,
      coinbaseTxVersion: 2,
      coinbaseTxInputSequence: 0xfffffffe,
      coinbaseTxLocktime: 199,
      coinbaseTxValueRemaining: 5_000_003_000n,
      coinbaseTxOutputsCount: 1,
    });
    expect(given.coinbasePrefix).toEqual(Uint8Array.of(2, 200, 0));
    expect(prevHash.templateId).toBe(given.templateId);
    expect(prevHash).toMatchObject({ headerTimestamp: START.unixSeconds, nbits: 0x207fffff });
  });

  it('lets a client wait for the first template', () => {
    const { server, connect } = serve({}, null);
    expect(names(connect(1))).toEqual([]);
    expect(names(server.handle({ type: 'template', template: template() }, after(5_000)))).toEqual([
      'NewTemplate',
      'SetNewPrevHash',
    ]);
  });

  it('counts the seconds since the template came', () => {
    const { server } = serve();
    server.handle({ type: 'connected', connection: 1 }, after(7_900));
    expect(setNewPrevHashOf(server.handle(constraints(1), after(7_900))).headerTimestamp).toBe(START.unixSeconds + 7);
  });

  it('commits to the witnesses and gives the path of the coinbase', () => {
    const given = newTemplateOf(serve().connect(1));
    const wtxids = [new Uint8Array(32), ...TRANSACTIONS.map(({ wtxid }) => wtxid)];
    expect(given.coinbaseTxOutputs.slice(9)).toEqual(witnessCommitmentScript(wtxids));
    const coinbase = new Uint8Array(32).fill(9);
    expect(foldMerklePath(coinbase, given.merklePath)).toEqual(
      merkleRoot([coinbase, ...TRANSACTIONS.map((each) => each.txid)]),
    );
  });

  it('leaves the commitment out of a block without segwit', () => {
    const given = newTemplateOf(serve({}, template({ witness: false })).connect(1));
    expect(given).toMatchObject({ coinbaseTxOutputsCount: 0, coinbaseTxOutputs: new Uint8Array() });
  });

  it('refuses constraints that no block has room for', () => {
    const { server, connect } = serve();
    expect(connect(1, 999_708)).toHaveLength(4);
    expect(connect(2, 999_709)).toEqual([{ type: 'close', to: 2, reason: 'coinbase-constraints-too-large' }]);
    expect(server.handle(constraints(2), START)).toEqual([]);
  });

  it('answers changed constraints with a template on the same tip and a larger id', () => {
    const { server, connect } = serve();
    const first = newTemplateOf(connect(1));
    const outputs = server.handle(constraints(1, 5_000), after(10));
    expect(names(outputs)).toEqual(['NewTemplate']);
    expect(newTemplateOf(outputs)).toMatchObject({ futureTemplate: false });
    expect(newTemplateOf(outputs).templateId).toBeGreaterThan(first.templateId);
  });
});

describe('tip change', () => {
  const next = template({ height: 201, prevHash: new Uint8Array(32).fill(2) });

  it('sends one future template and SetNewPrevHash to all clients with the same constraints', () => {
    const { server, connect } = serve();
    connect(1);
    connect(2);
    connect(3, 7_000);
    const outputs = server.handle({ type: 'template', template: next }, after(50));
    expect(sent(outputs).map(({ to, message: { name } }) => [name, to])).toEqual([
      ['NewTemplate', [1, 2]],
      ['SetNewPrevHash', [1, 2]],
      ['NewTemplate', [3]],
      ['SetNewPrevHash', [3]],
    ]);
    expect(setNewPrevHashOf(outputs).prevHash).toEqual(next.prevHash);
  });

  it('treats another target or nbits on the same block as a new tip', () => {
    const { server, connect } = serve();
    connect(1);
    const target = new Uint8Array(32).fill(1);
    expect(names(server.handle({ type: 'template', template: template({ target }) }, after(1)))).toEqual([
      'NewTemplate',
      'SetNewPrevHash',
    ]);
    expect(
      names(server.handle({ type: 'template', template: template({ target, nbits: 0x1d00ffff }) }, after(2))),
    ).toEqual(['NewTemplate', 'SetNewPrevHash']);
  });

  it('does not trust heights: back to the block before is a change, too', () => {
    const { server, connect } = serve();
    connect(1);
    server.handle({ type: 'template', template: next }, after(1));
    const back = server.handle({ type: 'template', template: template() }, after(2));
    expect(names(back)).toEqual(['NewTemplate', 'SetNewPrevHash']);
  });

  it('never reuses an id, not even across a restart', () => {
    const { server, connect } = serve();
    const ids = [newTemplateOf(connect(1)).templateId, newTemplateOf(connect(2, 9)).templateId];
    ids.push(newTemplateOf(server.handle({ type: 'template', template: next }, after(1))).templateId);
    const restarted = new TemplateServer({}, after(1_000));
    restarted.handle({ type: 'template', template: template() }, after(1_000));
    restarted.handle({ type: 'connected', connection: 1 }, after(1_000));
    ids.push(newTemplateOf(restarted.handle(constraints(1), after(1_000))).templateId);
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => Number(a - b)));
  });
});

describe('fees', () => {
  const richer = (satoshis: bigint) =>
    template({ transactions: TRANSACTIONS, coinbaseValue: 5_000_003_000n + satoshis });

  it('sends a template once they rose by the threshold and the interval is over', () => {
    const { server, connect } = serve({ feeThreshold: 500n, minimumTemplateIntervalMs: 2_000 });
    connect(1);
    expect(server.handle({ type: 'template', template: richer(499n) }, after(3_000))).toEqual([]);
    expect(server.deadline).toBeUndefined();
    const outputs = server.handle({ type: 'template', template: richer(500n) }, after(3_001));
    expect(names(outputs)).toEqual(['NewTemplate']);
    expect(newTemplateOf(outputs)).toMatchObject({ futureTemplate: false, coinbaseTxValueRemaining: 5_000_003_500n });
  });

  it('waits for the interval and not a millisecond longer', () => {
    const { server, connect } = serve({ feeThreshold: 500n, minimumTemplateIntervalMs: 2_000 });
    connect(1);
    expect(server.handle({ type: 'template', template: richer(500n) }, after(10))).toEqual([]);
    expect(server.deadline).toBe(after(2_000).monotonicMs);
    expect(server.handle({ type: 'tick' }, after(1_999))).toEqual([]);
    expect(names(server.handle({ type: 'tick' }, after(2_000)))).toEqual(['NewTemplate']);
    expect(server.deadline).toBeUndefined();
  });

  it('gives a newcomer what the others have, and the rise to all of them', () => {
    const { server, connect } = serve({ feeThreshold: 500n, minimumTemplateIntervalMs: 2_000 });
    const first = newTemplateOf(connect(1));
    server.handle({ type: 'template', template: richer(500n) }, after(10));
    const second = connect(2);
    expect(newTemplateOf(second).templateId).toBe(first.templateId);
    expect(sent(server.handle({ type: 'tick' }, after(2_000)))[0]?.to).toEqual([1, 2]);
  });
});

describe('transaction data', () => {
  it('gives the transactions of a current template', () => {
    const { server, connect } = serve();
    const { templateId } = newTemplateOf(connect(1));
    const outputs = server.handle(message(1, { name: 'RequestTransactionData', value: { templateId } }), START);
    expect(sent(outputs)).toEqual([
      {
        to: [1],
        message: {
          name: 'RequestTransactionData.Success',
          value: { templateId, excessData: new Uint8Array(32), transactionList: TRANSACTIONS.map(({ data }) => data) },
          rest: new Uint8Array(),
        },
      },
    ]);
  });

  it('says of other ids whether they are unknown or stale', () => {
    const { server, connect } = serve();
    const { templateId } = newTemplateOf(connect(1));
    server.handle({ type: 'template', template: template({ prevHash: new Uint8Array(32) }) }, after(1));
    const errors = [templateId, templateId + 1_000n].map((id) => {
      const [answer] = sent(
        server.handle(message(1, { name: 'RequestTransactionData', value: { templateId: id } }), after(2)),
      );
      return answer?.message.value;
    });
    expect(errors).toEqual([
      { templateId, errorCode: 'stale-template-id' },
      { templateId: templateId + 1_000n, errorCode: 'template-id-not-found' },
    ]);
  });
});

describe('solutions', () => {
  const submit = (server: TemplateServer, value: ReturnType<typeof solve>, now = START) =>
    server.handle(message(1, { name: 'SubmitSolution', value }), now);
  const reasonOf = (outputs: readonly TemplateServerOutput[]) =>
    outputs.map((output) =>
      output.type === 'event' && output.event.type === 'solution-refused' ? output.event.reason : output.type,
    );

  it('becomes a full block', () => {
    const { server, connect } = serve();
    const outputs = connect(1);
    const solution = solve(newTemplateOf(outputs), setNewPrevHashOf(outputs), { version: 0x3fffffe0 });
    const [block, told] = submit(server, solution);
    if (block?.type !== 'submit-block') throw new Error('no block');
    const { header, transactions } = decodeBlock(block.bytes);
    expect(header).toMatchObject({ version: 0x3fffffe0, time: solution.headerTimestamp, nonce: solution.headerNonce });
    expect(header.merkleRoot).toEqual(merkleRoot(transactions.map((each) => txid(each))));
    expect(transactions[0]?.inputs[0]?.witness).toEqual([new Uint8Array(32)]);
    expect(block).toMatchObject({ hash: headerHash(header), height: 200, connection: 1 });
    expect(told).toMatchObject({ event: { type: 'solution', stale: false } });
  });

  it('gives a stripped coinbase its witness back', () => {
    const { server, connect } = serve();
    const outputs = connect(1);
    const [block] = submit(server, solve(newTemplateOf(outputs), setNewPrevHashOf(outputs), { stripped: true }));
    if (block?.type !== 'submit-block') throw new Error('no block');
    expect(decodeBlock(block.bytes).transactions[0]?.inputs[0]?.witness).toEqual([new Uint8Array(32)]);
  });

  it('is submitted even on a stale template, until that is forgotten', () => {
    const { server, connect } = serve({ staleTemplateSeconds: 60 });
    const outputs = connect(1);
    const [first, second] = [1, 2].map((more) =>
      solve(newTemplateOf(outputs), setNewPrevHashOf(outputs), { headerTimestamp: START.unixSeconds + more }),
    );
    server.handle({ type: 'template', template: template({ prevHash: new Uint8Array(32) }) }, after(1_000));
    expect(server.deadline).toBe(after(61_000).monotonicMs);
    server.handle({ type: 'tick' }, after(60_999));
    expect(submit(server, first!, after(60_999))[1]).toMatchObject({ event: { type: 'solution', stale: true } });
    server.handle({ type: 'tick' }, after(61_000));
    expect(reasonOf(submit(server, second!, after(61_000)))).toEqual(['template-id-not-found']);
  });

  it('is found again after the client came back', () => {
    const { server, connect } = serve();
    const outputs = connect(1);
    server.handle({ type: 'disconnected', connection: 1 }, START);
    connect(2, 4_000);
    const value = solve(newTemplateOf(outputs), setNewPrevHashOf(outputs));
    expect(server.handle(message(2, { name: 'SubmitSolution', value }), START)[0]?.type).toBe('submit-block');
  });

  it.each([
    ['another version', { version: 0x20000001 }, 'invalid-non-rollable-version-bit'],
    ['a hash above the target', { meets: false }, 'target-not-met'],
    ['an unknown template', { templateId: 5n }, 'template-id-not-found'],
    ['no coinbase', { coinbaseTx: Uint8Array.of(1, 2, 3) }, 'invalid-coinbase'],
  ])('is refused for %s', (_, change, reason) => {
    const { server, connect } = serve();
    const outputs = connect(1);
    expect(reasonOf(submit(server, solve(newTemplateOf(outputs), setNewPrevHashOf(outputs), change)))).toEqual([
      reason,
    ]);
  });

  it('is submitted once per block hash', () => {
    const { server, connect } = serve();
    const outputs = connect(1);
    const solution = solve(newTemplateOf(outputs), setNewPrevHashOf(outputs));
    expect(submit(server, solution)[0]?.type).toBe('submit-block');
    expect(reasonOf(submit(server, solution))).toEqual(['duplicate-solution']);
  });
});

describe('limits', () => {
  it('closes a client that sends what only a server sends', () => {
    const { server, connect } = serve();
    connect(1);
    const value = { templateId: 1n, errorCode: '' };
    const outputs = server.handle(message(1, { name: 'RequestTransactionData.Error', value }), START);
    expect(outputs).toEqual([{ type: 'close', to: 1, reason: 'unexpected-message' }]);
  });

  it('closes a client that asks too often, and counts anew each minute', () => {
    const { server, connect } = serve({ requestsPerMinute: 3 });
    connect(1);
    for (const _ of [2, 3]) expect(server.handle(constraints(1), after(100))[0]?.type).toBe('event');
    expect(server.handle(constraints(1), after(59_999))).toEqual([
      { type: 'close', to: 1, reason: 'too-many-requests' },
    ]);
    connect(2);
    for (const at of [1, 2, 60_000, 60_001, 60_002])
      expect(server.handle(constraints(2), after(at))[0]?.type).toBe('event');
  });

  it('keeps so many templates per constraints, the newest ones', () => {
    const { server, connect } = serve({ maximumTemplates: 2, minimumTemplateIntervalMs: 0, feeThreshold: 1n });
    const ids = [newTemplateOf(connect(1)).templateId];
    for (const more of [1n, 2n]) {
      const changed = template({ transactions: TRANSACTIONS, coinbaseValue: 5_000_003_000n + more });
      ids.push(newTemplateOf(server.handle({ type: 'template', template: changed }, after(Number(more)))).templateId);
    }
    const answers = ids.map((templateId) =>
      names(server.handle(message(1, { name: 'RequestTransactionData', value: { templateId } }), after(5))),
    );
    expect(answers.flat()).toEqual([
      'RequestTransactionData.Error',
      'RequestTransactionData.Success',
      'RequestTransactionData.Success',
    ]);
  });

  it('makes templates for so many different constraints of clients', () => {
    const { server, connect } = serve({ maximumViews: 2 });
    newTemplateOf(connect(1, 11));
    newTemplateOf(connect(2, 12));
    newTemplateOf(connect(3, 12));
    expect(connect(4, 13)).toContainEqual({ type: 'close', to: 4, reason: 'too-many-constraints' });
    // A client that leaves its constraints makes room, also for its own others.
    newTemplateOf(server.handle(constraints(1, 13), START));
    server.handle({ type: 'disconnected', connection: 1 }, START);
    newTemplateOf(connect(5, 14));
  });

  it('keeps so many constraints without clients', () => {
    const { server, connect } = serve({ maximumAbandonedViews: 1 });
    const ids = [newTemplateOf(connect(1, 11)).templateId];
    for (const size of [12, 13]) ids.push(newTemplateOf(server.handle(constraints(1, size), START)).templateId);
    const answers = ids.map(
      (templateId) =>
        names(server.handle(message(1, { name: 'RequestTransactionData', value: { templateId } }), START))[0],
    );
    expect(answers).toEqual([
      'RequestTransactionData.Error',
      'RequestTransactionData.Success',
      'RequestTransactionData.Success',
    ]);
  });
});

describe('lost source', () => {
  it('keeps clients at work for the grace, then sends them away until templates come again', () => {
    const { server, connect } = serve({ sourceLostGraceMs: 30_000 });
    connect(1);
    server.handle({ type: 'source-lost' }, after(1_000));
    expect(server.deadline).toBe(after(31_000).monotonicMs);
    server.handle({ type: 'source-lost' }, after(20_000));
    expect(server.handle({ type: 'tick' }, after(30_999))).toEqual([]);
    expect(server.handle({ type: 'tick' }, after(31_000))).toEqual([
      { type: 'close', to: 1, reason: 'template-source-lost' },
    ]);
    expect(names(connect(2))).toEqual([]);
    expect(names(server.handle({ type: 'template', template: template() }, after(40_000)))).toEqual([
      'NewTemplate',
      'SetNewPrevHash',
    ]);
  });

  it('forgets about it when a template comes in time', () => {
    const { server, connect } = serve({ sourceLostGraceMs: 30_000 });
    connect(1);
    server.handle({ type: 'source-lost' }, after(1_000));
    server.handle({ type: 'template', template: template({ transactions: TRANSACTIONS }) }, after(2_000));
    expect(server.deadline).toBeUndefined();
    expect(server.handle({ type: 'tick' }, after(90_000))).toEqual([]);
  });
});
