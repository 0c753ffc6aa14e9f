import { ripemd160 } from '@noble/hashes/legacy.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { equalBytes, parseScript, pushBytes } from '@stratumkit/bitcoin';
import { isPayToScriptHash, isPushOnly, type WitnessProgram, witnessProgram } from './scriptForms.ts';

/**
 * Script verification for the few spends this chain accepts: scripts of pushes, OP_NOP, OP_VERIFY, OP_DROP, OP_2DROP,
 * OP_DUP, OP_EQUAL, OP_EQUALVERIFY, OP_RETURN, bare, behind P2SH, P2WSH or P2SH-P2WSH. Everything accepted here is valid
 * for Core; what Core would accept beyond it (signatures above all) is refused with {@link UNSUPPORTED_SCRIPT}.
 */
export const UNSUPPORTED_SCRIPT = 'unsupported-script';

const MAX_SCRIPT_SIZE = 10_000;
const MAX_ELEMENT_SIZE = 520;
const MAX_STACK_SIZE = 1_000;
const MAX_OPERATIONS = 201;

export const OP = {
  NEGATE1: 0x4f,
  TRUE: 0x51,
  OP_16: 0x60,
  NOP: 0x61,
  VERIFY: 0x69,
  RETURN: 0x6a,
  DROP2: 0x6d,
  DROP: 0x75,
  DUP: 0x76,
  EQUAL: 0x87,
  EQUALVERIFY: 0x88,
  HASH160: 0xa9,
  CHECKSIG: 0xac,
} as const;

const MESSAGES = {
  evalFalse: 'Script evaluated without error but finished with a false/empty top stack element',
  scriptSize: 'Script is too big',
  pushSize: 'Push value size limit exceeded',
  operationCount: 'Operation limit exceeded',
  stackSize: 'Stack size limit exceeded',
  badOpcode: 'Opcode missing or not understood',
  invalidStack: 'Operation not valid with the current stack size',
  verify: 'Script failed an OP_VERIFY operation',
  equalVerify: 'Script failed an OP_EQUALVERIFY operation',
  opReturn: 'OP_RETURN was encountered',
  pushOnly: 'Only push operators allowed in signatures',
  cleanStack: 'Stack size must be exactly one after execution',
  programMismatch: 'Witness program hash mismatch',
  programEmpty: 'Witness program was passed an empty witness',
  programLength: 'Witness program has incorrect length',
  malleated: 'Witness requires empty scriptSig',
  malleatedP2sh: 'Witness requires only-redeemscript scriptSig',
  witnessUnexpected: 'Witness provided for non-witness script',
} as const;

class ScriptFailure extends Error {}

/** Undefined when the spend is valid, else Core's message for the failure, or {@link UNSUPPORTED_SCRIPT}. */
export function verifySpend(
  scriptSig: Uint8Array,
  scriptPubKey: Uint8Array,
  witness: readonly Uint8Array[],
): string | undefined {
  try {
    verify(scriptSig, scriptPubKey, witness);
    return undefined;
  } catch (error) {
    if (error instanceof ScriptFailure) return error.message;
    throw error;
  }
}

/** OP_RETURN outputs and scripts over 10,000 bytes never enter the set of coins. */
export function isUnspendable(script: Uint8Array): boolean {
  return script[0] === OP.RETURN || script.length > MAX_SCRIPT_SIZE;
}

export function hash160(data: Uint8Array): Uint8Array {
  return ripemd160(sha256(data));
}

function verify(scriptSig: Uint8Array, scriptPubKey: Uint8Array, witness: readonly Uint8Array[]): void {
  const stack: Uint8Array[] = [];
  evaluate(stack, scriptSig);
  const redeemStack = [...stack];
  evaluate(stack, scriptPubKey);
  requireTrue(stack);

  let program = witnessProgram(scriptPubKey);
  if (program !== undefined) {
    if (scriptSig.length !== 0) throw new ScriptFailure(MESSAGES.malleated);
    verifyProgram(witness, program);
    return;
  }
  if (isPayToScriptHash(scriptPubKey)) {
    if (!isPushOnly(scriptSig)) throw new ScriptFailure(MESSAGES.pushOnly);
    const redeemScript = redeemStack.pop() as Uint8Array;
    evaluate(redeemStack, redeemScript);
    requireTrue(redeemStack);
    program = witnessProgram(redeemScript);
    if (program !== undefined) {
      if (!equalBytes(scriptSig, pushBytes(redeemScript))) throw new ScriptFailure(MESSAGES.malleatedP2sh);
      verifyProgram(witness, program);
      return;
    }
  }
  if (witness.length > 0) throw new ScriptFailure(MESSAGES.witnessUnexpected);
}

function verifyProgram(witness: readonly Uint8Array[], program: WitnessProgram): void {
  if (program.version !== 0) throw new ScriptFailure(UNSUPPORTED_SCRIPT);
  if (program.hash.length === 20) throw new ScriptFailure(UNSUPPORTED_SCRIPT);
  if (program.hash.length !== 32) throw new ScriptFailure(MESSAGES.programLength);
  const script = witness.at(-1);
  if (script === undefined) throw new ScriptFailure(MESSAGES.programEmpty);
  if (!equalBytes(sha256(script), program.hash)) throw new ScriptFailure(MESSAGES.programMismatch);
  const stack = witness.slice(0, -1);
  if (stack.some((element) => element.length > MAX_ELEMENT_SIZE)) throw new ScriptFailure(MESSAGES.pushSize);
  evaluate(stack, script);
  if (stack.length !== 1) throw new ScriptFailure(MESSAGES.cleanStack);
  requireTrue(stack);
}

function evaluate(stack: Uint8Array[], script: Uint8Array): void {
  if (script.length > MAX_SCRIPT_SIZE) throw new ScriptFailure(MESSAGES.scriptSize);
  let operations = 0;
  const { operations: parsed, complete } = parseScript(script);
  for (const { opcode, data } of parsed) {
    if (data !== undefined && data.length > MAX_ELEMENT_SIZE) throw new ScriptFailure(MESSAGES.pushSize);
    if (opcode > OP.OP_16) {
      operations += 1;
      if (operations > MAX_OPERATIONS) throw new ScriptFailure(MESSAGES.operationCount);
    }
    execute(stack, opcode, data);
    if (stack.length > MAX_STACK_SIZE) throw new ScriptFailure(MESSAGES.stackSize);
  }
  if (!complete) throw new ScriptFailure(MESSAGES.badOpcode);
}

function execute(stack: Uint8Array[], opcode: number, data: Uint8Array | undefined): void {
  if (data !== undefined) stack.push(data);
  else if (opcode === OP.NEGATE1) stack.push(Uint8Array.of(0x81));
  else if (opcode >= OP.TRUE && opcode <= OP.OP_16) stack.push(Uint8Array.of(opcode - 0x50));
  else {
    switch (opcode) {
      case OP.NOP:
        return;
      case OP.VERIFY:
        if (!isTrue(pop(stack))) throw new ScriptFailure(MESSAGES.verify);
        return;
      case OP.RETURN:
        throw new ScriptFailure(MESSAGES.opReturn);
      case OP.DROP:
        pop(stack);
        return;
      case OP.DROP2:
        if (stack.length < 2) throw new ScriptFailure(MESSAGES.invalidStack);
        stack.length -= 2;
        return;
      case OP.DUP: {
        const top = pop(stack);
        stack.push(top, top);
        return;
      }
      case OP.HASH160:
        stack.push(hash160(pop(stack)));
        return;
      case OP.EQUAL:
      case OP.EQUALVERIFY: {
        if (stack.length < 2) throw new ScriptFailure(MESSAGES.invalidStack);
        const same = equalBytes(pop(stack), pop(stack));
        if (opcode === OP.EQUAL) stack.push(same ? Uint8Array.of(1) : new Uint8Array());
        else if (!same) throw new ScriptFailure(MESSAGES.equalVerify);
        return;
      }
      default:
        throw new ScriptFailure(UNSUPPORTED_SCRIPT);
    }
  }
}

function requireTrue(stack: readonly Uint8Array[]): void {
  const top = stack.at(-1);
  if (top === undefined || !isTrue(top)) throw new ScriptFailure(MESSAGES.evalFalse);
}

/** Zero of any length is false, negative zero included. */
function isTrue(element: Uint8Array): boolean {
  return element.some((byte, index) => byte !== 0 && !(index === element.length - 1 && byte === 0x80));
}

function pop(stack: Uint8Array[]): Uint8Array {
  const top = stack.pop();
  if (top === undefined) throw new ScriptFailure(MESSAGES.invalidStack);
  return top;
}
