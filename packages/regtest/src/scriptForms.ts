import { parseScript } from '@stratumkit/bitcoin';

const OP_16 = 0x60;

export interface WitnessProgram {
  version: number;
  hash: Uint8Array;
}

export function witnessProgram(script: Uint8Array): WitnessProgram | undefined {
  if (script.length < 4 || script.length > 42 || script[1] !== script.length - 2) return undefined;
  const first = script[0]!;
  if (first === 0) return { version: 0, hash: script.subarray(2) };
  return first > 0x50 && first <= OP_16 ? { version: first - 0x50, hash: script.subarray(2) } : undefined;
}

export function isPayToScriptHash(script: Uint8Array): boolean {
  return script.length === 23 && script[0] === 0xa9 && script[1] === 20 && script[22] === 0x87;
}

export function isPushOnly(script: Uint8Array): boolean {
  const { operations, complete } = parseScript(script);
  return complete && operations.every(({ opcode }) => opcode <= OP_16);
}
