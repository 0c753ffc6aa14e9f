import { transactionSigopsCost } from '@stratumkit/bitcoin';
import type { ChainBlock } from './block.ts';
import { ancestorAt, type BlockNode, medianTimePast } from './blockIndex.ts';
import { type Coin, CoinOverlay, type CoinView } from './coins.ts';
import { type SequenceLockContext, sequenceLocksPassed } from './locktime.ts';
import { blockSubsidy, COINBASE_MATURITY, MAX_BLOCK_SIGOPS_COST, MAX_MONEY } from './params.ts';
import { UNSUPPORTED_SCRIPT, verifySpend } from './script.ts';
import { type ChainTransaction, outpointKey, spentKey } from './transaction.ts';

/** Core's ConnectBlock: the changes to the coins, or the reject reason. */
export function connectBlock(block: ChainBlock, node: BlockNode, coins: CoinView): CoinOverlay | string {
  const view = new CoinOverlay(coins);
  if (overwritesCoins(block, view)) return 'bad-txns-BIP30';
  const context = sequenceLockContext(node.parent!);
  let fees = 0n;
  let sigops = 0;
  let scriptFailure: string | undefined;
  for (const transaction of block.transactions) {
    let spent: Coin[] = [];
    if (!transaction.isCoinbase) {
      const inputs = checkInputs(transaction, view, node.height);
      if (typeof inputs === 'string') return inputs;
      spent = inputs.spent;
      fees += inputs.fee;
      if (fees > MAX_MONEY) return 'bad-txns-accumulated-fee-outofrange';
      if (!sequenceLocksPassed(transaction, spent, context)) return 'bad-txns-nonfinal';
    }
    sigops += transactionSigopsCost(
      transaction,
      spent.map(({ script }) => script),
    );
    if (sigops > MAX_BLOCK_SIGOPS_COST) return 'bad-blk-sigops';
    scriptFailure ??= verifyScripts(transaction, spent);
    view.update(transaction, node.height);
  }
  const paid = block.transactions[0]!.outputs.reduce((sum, { value }) => sum + value, 0n);
  if (paid > fees + blockSubsidy(node.height)) return 'bad-cb-amount';
  // Core checks scripts in parallel and looks at the results last.
  if (scriptFailure !== undefined)
    return scriptFailure === UNSUPPORTED_SCRIPT ? scriptFailure : `block-script-verify-flag-failed (${scriptFailure})`;
  return view;
}

/** Core's CheckTxInputs: the coins spent and the fee, or the reject reason. */
export function checkInputs(
  transaction: ChainTransaction,
  view: CoinView,
  height: number,
): { spent: Coin[]; fee: bigint } | string {
  const spent: Coin[] = [];
  for (const input of transaction.inputs) {
    const coin = view.get(spentKey(input));
    if (coin === undefined) return 'bad-txns-inputs-missingorspent';
    spent.push(coin);
  }
  let valueIn = 0n;
  for (const coin of spent) {
    if (coin.isCoinbase && height - coin.height < COINBASE_MATURITY) return 'bad-txns-premature-spend-of-coinbase';
    valueIn += coin.value;
    if (valueIn > MAX_MONEY) return 'bad-txns-inputvalues-outofrange';
  }
  const valueOut = transaction.outputs.reduce((sum, { value }) => sum + value, 0n);
  return valueIn < valueOut ? 'bad-txns-in-belowout' : { spent, fee: valueIn - valueOut };
}

/** The message of the first failing input. */
export function verifyScripts(transaction: ChainTransaction, spent: readonly Coin[]): string | undefined {
  for (const [index, { script }] of spent.entries()) {
    const { scriptSig, witness } = transaction.inputs[index]!;
    const failure = verifySpend(scriptSig, script, witness);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

/** For a block that follows `parent`. */
export function sequenceLockContext(parent: BlockNode): SequenceLockContext {
  return {
    height: parent.height + 1,
    medianTimePast: medianTimePast(parent),
    medianTimePastAt: (height) => medianTimePast(ancestorAt(parent, height)!),
  };
}

/** BIP30. Regtest's BIP34 hash is zero, so Core never waives this check there. */
function overwritesCoins(block: ChainBlock, view: CoinView): boolean {
  return block.transactions.some(({ id, outputs }) =>
    outputs.some((_, index) => view.get(outpointKey(id, index)) !== undefined),
  );
}
