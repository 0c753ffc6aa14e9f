import { decodeBlock, encodeBlock, encodeTransaction, headerHash, type Transaction, txid } from '@stratumkit/bitcoin';
import {
  ANYONE_CAN_SPEND_KINDS,
  createTemplate,
  type Mempool,
  mineBlock,
  type RegtestChain,
} from '@stratumkit/regtest';
import {
  addOutputs,
  createDraft,
  type Draft,
  type SealOptions,
  sealDraft,
  spend,
  withInput,
  withOutput,
} from './draft.ts';

/** Where the cases are made: a chain whose first coinbases are mature and whose mempool holds a few transactions. */
export interface InvalidBlockContext {
  readonly chain: RegtestChain;
  readonly mempool: Mempool;
  readonly unixSeconds: number;
}

export interface InvalidBlockCase {
  readonly name: string;
  /** What Core's submitblock answers. */
  readonly reason: string;
  /** The last one is the case; those before it lead to it. */
  build(context: InvalidBlockContext): readonly Uint8Array[];
}

type Damage = (draft: Draft, context: InvalidBlockContext) => SealOptions | undefined;

const CHECKSIG = 0xac;
const RESERVED_SCRIPT = Uint8Array.of(0x00);

function damaged(name: string, reason: string, damage: Damage): InvalidBlockCase {
  return {
    name,
    reason,
    build(context) {
      const draft = createDraft(context.chain, context.mempool, context.unixSeconds);
      return [sealDraft(draft, damage(draft, context))];
    },
  };
}

function header(change: (draft: Draft, context: InvalidBlockContext) => Partial<Draft['header']>): Damage {
  return (draft, context) => {
    draft.header = { ...draft.header, ...change(draft, context) };
    return undefined;
  };
}

function coinbase(
  change: (coinbase: Transaction, context: InvalidBlockContext) => Transaction,
  options?: SealOptions,
): Damage {
  return (draft, context) => {
    draft.transactions[0] = change(draft.transactions[0]!, context);
    return options;
  };
}

function extra(create: (context: InvalidBlockContext) => readonly Transaction[]): Damage {
  return (draft, context) => {
    draft.transactions = [draft.transactions[0]!, ...create(context)];
    draft.transactions[0] = withOutput(draft.transactions[0]!, { value: 1_000n });
    return undefined;
  };
}

/** A coinbase of the chain: its txid and value. */
function reward({ chain }: InvalidBlockContext, height: number): { from: Uint8Array; value: bigint } {
  const first = decodeBlock(chain.blockAt(height)!).transactions[0]!;
  return { from: txid(first), value: first.outputs[0]!.value };
}

/** Spends the reward of block `height`, by default a mature one that the mempool leaves alone. */
function spendReward(context: InvalidBlockContext, height = 1, less = 0n): Transaction {
  const { from, value } = reward(context, height);
  return spend(from, 0, value - less);
}

export const INVALID_BLOCKS: readonly InvalidBlockCase[] = [
  damaged('hash above the target', 'high-hash', () => ({ proofOfWork: false })),
  damaged(
    'nbits easier than allowed',
    'high-hash',
    header(() => ({ nbits: 0x217fffff })),
  ),
  damaged(
    'nbits negative',
    'high-hash',
    header(() => ({ nbits: 0x20ffffff })),
  ),
  damaged(
    'nbits harder than required',
    'bad-diffbits',
    header(() => ({ nbits: 0x207ffffe })),
  ),
  damaged(
    'time at the median time past',
    'time-too-old',
    header((_, { chain }) => ({ time: chain.tip.medianTimePast })),
  ),
  damaged(
    'time beyond two hours ahead',
    'time-too-new',
    header((_, { unixSeconds }) => ({ time: unixSeconds + 7_200 + 600 })),
  ),
  damaged(
    'version 3',
    'bad-version(0x00000003)',
    header(() => ({ version: 3 })),
  ),
  damaged(
    'version 1',
    'bad-version(0x00000001)',
    header(() => ({ version: 1 })),
  ),
  damaged(
    'negative version',
    'bad-version(0x80000000)',
    header(() => ({ version: 0x80000000 })),
  ),
  damaged(
    'unknown previous block',
    'prev-blk-not-found',
    header(() => ({ prevHash: new Uint8Array(32).fill(9) })),
  ),
  damaged('wrong merkle root', 'bad-txnmrklroot', () => ({ merkleRoot: new Uint8Array(32).fill(1) })),
  {
    name: 'last transaction twice, same merkle root',
    reason: 'bad-txns-duplicate',
    build(context) {
      const draft = createDraft(context.chain, context.mempool, context.unixSeconds);
      draft.transactions = draft.transactions.slice(0, 3);
      draft.transactions[0] = withOutput(draft.transactions[0]!, { value: 1_000n });
      const { header: sealed, transactions } = decodeBlock(sealDraft(draft));
      const doubled = createDraft(context.chain, context.mempool, context.unixSeconds);
      doubled.header = sealed;
      doubled.transactions = [...transactions, transactions.at(-1)!];
      return [sealDraft(doubled, { commit: false })];
    },
  },
  damaged('no coinbase', 'bad-cb-missing', (draft) => {
    draft.transactions = draft.transactions.slice(1);
    return { commit: false };
  }),
  damaged('no transaction', 'bad-blk-length', (draft) => {
    draft.transactions = [];
    return { commit: false, merkleRoot: new Uint8Array(32) };
  }),
  damaged('two coinbases', 'bad-cb-multiple', (draft) => {
    draft.transactions = [
      draft.transactions[0]!,
      withInput(draft.transactions[0]!, { scriptSig: Uint8Array.of(1, 2, 3) }),
    ];
    return undefined;
  }),
  damaged(
    'coinbase script of 1 byte',
    'bad-cb-length',
    coinbase((transaction) => withInput(transaction, { scriptSig: Uint8Array.of(1) })),
  ),
  damaged(
    'coinbase script of 101 bytes',
    'bad-cb-length',
    coinbase((transaction) => withInput(transaction, { scriptSig: new Uint8Array(101) })),
  ),
  damaged(
    'height of the block before',
    'bad-cb-height',
    coinbase((transaction, { chain }) => withInput(transaction, { scriptSig: Uint8Array.of(1, chain.height, 0, 0) })),
  ),
  damaged(
    'coinbase not final',
    'bad-txns-nonfinal',
    coinbase((transaction, { chain }) => ({
      ...withInput(transaction, { sequence: 0 }),
      locktime: chain.height + 1,
    })),
  ),
  damaged(
    'witness reserved value of 31 bytes',
    'bad-witness-nonce-size',
    coinbase((transaction) => withInput(transaction, { witness: [new Uint8Array(31)] })),
  ),
  damaged(
    'two witness items in the coinbase',
    'bad-witness-nonce-size',
    coinbase((transaction) => withInput(transaction, { witness: [new Uint8Array(32), new Uint8Array(32)] })),
  ),
  damaged(
    'commitment to other witnesses',
    'bad-witness-merkle-match',
    coinbase((transaction) => transaction, { commit: false }),
  ),
  damaged(
    'witnesses without commitment',
    'unexpected-witness',
    coinbase((transaction) => ({ ...transaction, outputs: transaction.outputs.slice(0, 1) })),
  ),
  damaged(
    'one satoshi too much',
    'bad-cb-amount',
    coinbase((transaction) => withOutput(transaction, { value: transaction.outputs[0]!.value + 1n })),
  ),
  damaged(
    'output of over 21 million',
    'bad-txns-vout-toolarge',
    coinbase((transaction) => withOutput(transaction, { value: 2_100_000_000_000_001n })),
  ),
  damaged(
    'negative output',
    'bad-txns-vout-negative',
    coinbase((transaction) => withOutput(transaction, { value: (1n << 64n) - 1n })),
  ),
  damaged(
    'outputs of over 21 million together',
    'bad-txns-txouttotal-toolarge',
    coinbase((transaction) =>
      addOutputs(withOutput(transaction, { value: 2_000_000_000_000_000n }), {
        value: 2_000_000_000_000_000n,
        script: RESERVED_SCRIPT,
      }),
    ),
  ),
  damaged(
    'coinbase without outputs',
    'bad-txns-vout-empty',
    coinbase((transaction) => ({ ...withInput(transaction, { witness: [] }), outputs: [] })),
  ),
  damaged(
    'unknown input',
    'bad-txns-inputs-missingorspent',
    extra(() => [spend(new Uint8Array(32).fill(7), 0, 1_000n)]),
  ),
  damaged(
    'spent twice in the block',
    'bad-txns-inputs-missingorspent',
    extra((context) => [spendReward(context), spendReward(context, 1, 1n)]),
  ),
  damaged(
    'child before parent',
    'bad-txns-inputs-missingorspent',
    extra((context) => {
      const parent = spendReward(context);
      return [spend(txid(parent), 0, 1_000n), parent];
    }),
  ),
  damaged(
    'same input twice in a transaction',
    'bad-txns-inputs-duplicate',
    extra((context) => {
      const once = spendReward(context);
      return [{ ...once, inputs: [...once.inputs, ...once.inputs] }];
    }),
  ),
  damaged(
    'null input beside a real one',
    'bad-txns-prevout-null',
    extra((context) => {
      const transaction = spendReward(context);
      const nothing = { prevTxid: new Uint8Array(32), prevIndex: 0xffffffff };
      return [{ ...transaction, inputs: [...transaction.inputs, { ...transaction.inputs[0]!, ...nothing }] }];
    }),
  ),
  damaged(
    'reward spent before 100 blocks',
    'bad-txns-premature-spend-of-coinbase',
    extra((context) => [spendReward(context, context.chain.height - 98)]),
  ),
  damaged(
    'pays out more than comes in',
    'bad-txns-in-belowout',
    extra((context) => [spendReward(context, 1, -1n)]),
  ),
  damaged(
    'transaction locked to a later height',
    'bad-txns-nonfinal',
    extra((context) => [{ ...withInput(spendReward(context), { sequence: 0 }), locktime: context.chain.height + 1 }]),
  ),
  damaged(
    'transaction locked to the median time past',
    'bad-txns-nonfinal',
    extra((context) => [
      { ...withInput(spendReward(context), { sequence: 0 }), locktime: context.chain.tip.medianTimePast },
    ]),
  ),
  damaged(
    'relative lock by height not over',
    'bad-txns-nonfinal',
    extra((context) => [withInput(spendReward(context), { sequence: context.chain.height + 1 })]),
  ),
  damaged(
    'relative lock by time not over',
    'bad-txns-nonfinal',
    extra((context) => [withInput(spendReward(context, 11), { sequence: 0x0040ffff })]),
  ),
  damaged(
    'transactions of over a million bytes',
    'bad-blk-length',
    coinbase((transaction) => addOutputs(transaction, { value: 0n, script: new Uint8Array(1_000_000) })),
  ),
  damaged('weight over 4,000,000', 'bad-blk-weight', (draft, context) => {
    draft.transactions = [
      draft.transactions[0]!,
      withInput(spendReward(context), { witness: [new Uint8Array(3_999_000)] }),
    ];
    draft.transactions[0] = withOutput(draft.transactions[0]!, { value: 1_000n });
    return undefined;
  }),
  damaged(
    '20,001 signature operations in outputs',
    'bad-blk-sigops',
    coinbase((transaction) => addOutputs(transaction, { value: 0n, script: new Uint8Array(20_001).fill(CHECKSIG) })),
  ),
  damaged('80,001 with those of a witness script', 'bad-blk-sigops', (draft, context) => {
    const heavy = withInput(spendReward(context), { witness: [new Uint8Array(4_001).fill(CHECKSIG)] });
    const outputs = { value: 0n, script: new Uint8Array(19_000).fill(CHECKSIG) };
    draft.transactions = [withOutput(addOutputs(draft.transactions[0]!, outputs), { value: 1_000n }, 1), heavy];
    return undefined;
  }),
  damaged(
    'script ends with false',
    'block-script-verify-flag-failed (Script evaluated without error but finished with a false/empty top stack element)',
    extra((context) => {
      const locked = withOutput(spendReward(context), { script: Uint8Array.of(0x61, 0x00) });
      return [locked, spend(txid(locked), 0, 1_000n, { witness: [] })];
    }),
  ),
  damaged(
    'witness script of another program',
    'block-script-verify-flag-failed (Witness program hash mismatch)',
    extra((context) => [withInput(spendReward(context), { witness: [Uint8Array.of(0x52)] })]),
  ),
  damaged(
    'witness missing',
    'block-script-verify-flag-failed (Witness program was passed an empty witness)',
    extra((context) => [withInput(spendReward(context), { witness: [] })]),
  ),
  damaged(
    'stack not clean after a witness script',
    'block-script-verify-flag-failed (Stack size must be exactly one after execution)',
    extra((context) => [withInput(spendReward(context), { witness: [Uint8Array.of(1), Uint8Array.of(0x51)] })]),
  ),
  damaged(
    'script signature for a witness program',
    'block-script-verify-flag-failed (Witness requires empty scriptSig)',
    extra((context) => [withInput(spendReward(context), { scriptSig: Uint8Array.of(0x51) })]),
  ),
  damaged(
    'witness for a bare script',
    'block-script-verify-flag-failed (Witness provided for non-witness script)',
    extra((context) => {
      const bare = withOutput(spendReward(context), { script: Uint8Array.of(0x51) });
      return [bare, spend(txid(bare), 0, 1_000n)];
    }),
  ),
  damaged(
    'operation in a script signature for P2SH',
    'block-script-verify-flag-failed (Only push operators allowed in signatures)',
    extra((context) => {
      const { script, scriptSig } = ANYONE_CAN_SPEND_KINDS.find(({ name }) => name === 'p2sh')!;
      const locked = withOutput(spendReward(context), { script });
      const signature = Uint8Array.of(0x61, ...scriptSig);
      return [locked, spend(txid(locked), 0, 1_000n, { witness: [], scriptSig: signature })];
    }),
  ),
  damaged('amount and script wrong: the amount is named', 'bad-cb-amount', (draft, context) => {
    draft.transactions = [
      withOutput(draft.transactions[0]!, { value: 60n * 100_000_000n }),
      withInput(spendReward(context), { witness: [] }),
    ];
    return undefined;
  }),
  {
    name: 'tip again',
    reason: 'duplicate',
    build: ({ chain }) => [chain.blockAt(chain.height)!],
  },
  {
    name: 'refused block again',
    reason: 'duplicate-invalid',
    build(context) {
      const draft = createDraft(context.chain, context.mempool, context.unixSeconds);
      draft.transactions[0] = withInput(draft.transactions[0]!, { scriptSig: Uint8Array.of(1, 2, 3, 4) });
      const block = sealDraft(draft);
      return [block, block];
    },
  },
  {
    name: 'child of a refused block',
    reason: 'bad-prevblk',
    build(context) {
      const draft = createDraft(context.chain, context.mempool, context.unixSeconds);
      draft.transactions[0] = withInput(draft.transactions[0]!, { scriptSig: Uint8Array.of(1, 2, 3, 4, 5) });
      const block = sealDraft(draft);
      const child = createDraft(context.chain, context.mempool, context.unixSeconds);
      child.header = { ...child.header, prevHash: headerHash(decodeBlock(block).header) };
      return [block, sealDraft(child)];
    },
  },
  {
    name: 'block beside the tip',
    reason: 'inconclusive',
    build({ chain, mempool, unixSeconds }) {
      const { header: tip } = decodeBlock(chain.blockAt(chain.height)!);
      const template = { ...createTemplate(chain, mempool, unixSeconds), transactions: [] };
      const { height, prevHash } = { height: chain.height, prevHash: tip.prevHash };
      return [mineBlock({ ...template, height, prevHash, coinbaseValue: 1_000n })];
    },
  },
  {
    name: 'refused for its witnesses, then right',
    reason: 'inconclusive',
    build({ chain, mempool, unixSeconds }) {
      const { header: tip } = decodeBlock(chain.blockAt(chain.height)!);
      const template = { ...createTemplate(chain, mempool, unixSeconds), transactions: [] };
      const tag = Uint8Array.of(5, 5);
      const good = mineBlock(
        { ...template, height: chain.height, prevHash: tip.prevHash, coinbaseValue: 999n },
        { tag },
      );
      const block = decodeBlock(good);
      const bad = withInput(block.transactions[0]!, { witness: [new Uint8Array(32).fill(3)] });
      return [replaceTransactions(good, [bad]), good];
    },
  },
  {
    name: 'confirmed transaction again',
    reason: 'bad-txns-BIP30',
    build(context) {
      const { chain, mempool, unixSeconds } = context;
      const first = createDraft(chain, mempool, unixSeconds);
      first.transactions = [first.transactions[0]!, spendReward(context)];
      first.transactions[0] = withOutput(first.transactions[0]!, { value: 1_000n });
      const parent = sealDraft(first);
      const second = createDraft(chain, mempool, unixSeconds);
      second.header = {
        ...second.header,
        prevHash: headerHash(decodeBlock(parent).header),
        time: second.header.time + 1,
      };
      second.transactions = [
        withOutput(withInput(second.transactions[0]!, { scriptSig: heightScript(chain.height + 2) }), {
          value: 1_000n,
        }),
        spendReward(context),
      ];
      return [parent, sealDraft(second)];
    },
  },
];

function replaceTransactions(block: Uint8Array, transactions: readonly Transaction[]): Uint8Array {
  return encodeBlock(
    block.subarray(0, 80),
    transactions.map((transaction) => encodeTransaction(transaction)),
  );
}

function heightScript(height: number): Uint8Array {
  return height < 128 ? Uint8Array.of(1, height, 0, 0) : Uint8Array.of(2, height & 0xff, height >> 8, 0);
}
