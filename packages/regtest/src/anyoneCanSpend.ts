import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes } from '@noble/hashes/utils.js';
import { pushBytes } from '@stratumkit/bitcoin';
import { hash160, OP } from './script.ts';

/** An output that needs no signature, and what an input must carry to spend it. */
export interface AnyoneCanSpend {
  readonly name: string;
  readonly script: Uint8Array;
  readonly scriptSig: Uint8Array;
  readonly witness: readonly Uint8Array[];
}

const TRUE = Uint8Array.of(OP.TRUE);
const EMPTY = new Uint8Array();

/** P2WSH of OP_TRUE: what the pre-mined coinbases pay to. */
export const ANYONE_CAN_SPEND: AnyoneCanSpend = payToWitnessScript('p2wsh', TRUE);

/** The kinds of outputs that generated transactions make and spend; standard for Core's relay, too. */
export const ANYONE_CAN_SPEND_KINDS: readonly AnyoneCanSpend[] = [
  ANYONE_CAN_SPEND,
  payToWitnessScript(
    'p2wsh-large',
    concatBytes(pushBytes(new Uint8Array(300).fill(0x5a)), Uint8Array.of(OP.DROP), TRUE),
  ),
  nested('p2sh-p2wsh', ANYONE_CAN_SPEND),
  { name: 'p2sh', script: payToScriptHash(TRUE), scriptSig: pushBytes(TRUE), witness: [] },
];

function payToWitnessScript(name: string, witnessScript: Uint8Array): AnyoneCanSpend {
  const script = concatBytes(Uint8Array.of(0), pushBytes(sha256(witnessScript)));
  return { name, script, scriptSig: EMPTY, witness: [witnessScript] };
}

function nested(name: string, inner: AnyoneCanSpend): AnyoneCanSpend {
  return { name, script: payToScriptHash(inner.script), scriptSig: pushBytes(inner.script), witness: inner.witness };
}

function payToScriptHash(redeemScript: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(OP.HASH160), pushBytes(hash160(redeemScript)), Uint8Array.of(OP.EQUAL));
}
