import { IV, K } from './sha256.ts';
import { i32Const, loadAt, moduleBytes, OP, TYPE, unsigned, VECTOR, vector } from './wasmModule.ts';

/** Where the module expects its input, as little-endian 32-bit words. */
export const INPUT = { midstate: 0, tail: 32, targetTop: 44 } as const;
/** Where it expects its constants, 16 bytes each; {@link createSimdModule} says which. */
const CONSTANTS_AT = 64;

/** Local variables 0 to 2: next nonce, number of groups, groups done. */
const NONCE = 0;
const GROUPS = 1;
const DONE = 2;
const FIRST_VECTOR_LOCAL = 3;

const BYTE_SWAP = [3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12];

/** A known number, or code that leaves a vector of four lanes on the stack; `loop` tells whether it depends on the nonce. */
type Value = { readonly known: number } | { readonly code: readonly number[]; readonly loop: boolean };

/**
 * Writes the code of a double SHA-256 over four headers at once that differ in the nonce alone. Whatever does not depend on the
 * nonce is computed once before the loop, what is known already is folded away, and of the second hash only the last word is
 * computed, which tells whether a header can meet the target at all.
 */
class KernelWriter {
  readonly constants: number[] = [];
  readonly #prelude: number[] = [];
  readonly #loop: number[] = [];
  readonly #constantIndex = new Map<number, number>();
  #locals = 0;

  load(address: number): Value {
    return this.keep({ code: loadAt(VECTOR.load32Splat, address), loop: false });
  }

  /** Four consecutive nonces, as the words of the message. */
  nonces(): Value {
    const counting = this.#push(this.#lanes([0, 1, 2, 3]));
    const code = [OP.localGet, NONCE, ...vector(VECTOR.splat), ...counting, ...vector(VECTOR.add)];
    return this.keep(this.byteSwap({ code, loop: true }));
  }

  byteSwap(value: Value): Value {
    const code = this.#push(value);
    return { code: [...code, ...code, ...vector(VECTOR.shuffle), ...BYTE_SWAP], loop: isLoop(value) };
  }

  add(...values: readonly Value[]): Value {
    let known = 0;
    for (const value of values) if ('known' in value) known = (known + value.known) >>> 0;
    // What does not change in the loop is added up first, so that the loop adds it in one go.
    const fixed = values.filter((value) => !('known' in value) && !value.loop);
    const moving = values.filter((value) => !('known' in value) && value.loop);
    if (known !== 0) fixed.push({ known });
    const sum = fixed.length === 0 ? undefined : this.#fold(VECTOR.add, fixed);
    if (moving.length === 0) return sum ?? { known };
    return this.#fold(VECTOR.add, sum === undefined ? moving : [...moving, this.keep(sum)]);
  }

  xor(...values: readonly Value[]): Value {
    return this.#fold(VECTOR.xor, values);
  }

  and(...values: readonly Value[]): Value {
    return this.#fold(VECTOR.and, values);
  }

  /** The exclusive or of rotations to the right, and of shifts to the right where negative. */
  sigma(value: Value, ...rotations: readonly number[]): Value {
    if ('known' in value) {
      return { known: rotations.reduce((sum, bits) => (sum ^ rotateKnown(value.known, bits)) >>> 0, 0) };
    }
    const source = this.#push(value);
    const shift = (bits: number, opcode: number): Value => ({
      code: [...source, ...i32Const(bits), ...vector(opcode)],
      loop: value.loop,
    });
    return this.xor(
      ...rotations.flatMap((bits) =>
        bits < 0 ? [shift(-bits, VECTOR.shrU)] : [shift(bits, VECTOR.shrU), shift(32 - bits, VECTOR.shl)],
      ),
    );
  }

  /** Puts a value into a local variable, so that it may be used several times. */
  keep(value: Value): Value {
    if ('known' in value || (value.code[0] === OP.localGet && value.code.length <= 3)) return value;
    const local = unsigned(FIRST_VECTOR_LOCAL + this.#locals++);
    const sink = value.loop ? this.#loop : this.#prelude;
    for (const byte of value.code) sink.push(byte);
    sink.push(OP.localSet, ...local);
    return { code: [OP.localGet, ...local], loop: value.loop };
  }

  /** The whole module: tries groups of four nonces until one of them gives a last word of at most `targetTop`. */
  finish(lastWord: Value, targetTop: Value): Uint8Array<ArrayBuffer> {
    const candidate = [...this.#push(this.byteSwap(lastWord)), ...this.#push(targetTop), ...vector(VECTOR.leU)];
    return moduleBytes(this.#locals, [
      ...this.#prelude,
      ...[OP.block, TYPE.void, OP.loop, TYPE.void],
      ...[OP.localGet, DONE, OP.localGet, GROUPS, OP.i32GeU, OP.brIf, 1],
      ...this.#loop,
      ...[...candidate, ...vector(VECTOR.anyTrue), OP.brIf, 1],
      ...[OP.localGet, NONCE, ...i32Const(4), OP.i32Add, OP.localSet, NONCE],
      ...[OP.localGet, DONE, ...i32Const(1), OP.i32Add, OP.localSet, DONE],
      ...[OP.br, 0, OP.end, OP.end],
      ...[OP.localGet, DONE],
    ]);
  }

  #fold(opcode: number, values: readonly Value[]): Value {
    if (values.every((value) => 'known' in value)) {
      const numbers = values.map((value) => value.known);
      return { known: numbers.reduce((left, right) => applyKnown(opcode, left, right)) >>> 0 };
    }
    const code: number[] = [];
    values.forEach((value, index) => {
      for (const byte of this.#push(value)) code.push(byte);
      if (index > 0) code.push(...vector(opcode));
    });
    return { code, loop: values.some(isLoop) };
  }

  #push(value: Value): readonly number[] {
    return 'known' in value
      ? this.#push(this.#lanes([value.known, value.known, value.known, value.known]))
      : value.code;
  }

  /** A constant vector, loaded from memory: the engine's own constants are slower. */
  #lanes(lanes: readonly [number, number, number, number]): Value {
    const same = lanes.every((lane) => lane === lanes[0]);
    let index = same ? this.#constantIndex.get(lanes[0]) : undefined;
    if (index === undefined) {
      index = this.constants.length / 4;
      this.constants.push(...lanes);
      if (same) this.#constantIndex.set(lanes[0], index);
    }
    return { code: loadAt(VECTOR.load, CONSTANTS_AT + 16 * index), loop: false };
  }
}

/** The module's bytes, and the constants to write into its memory before use. */
export function createSimdModule(): {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly constants: readonly number[];
  readonly constantsAt: number;
} {
  const writer = new KernelWriter();
  const words = (offset: number, count: number): Value[] =>
    Array.from({ length: count }, (_, i) => writer.load(offset + 4 * i));
  const known = (value: number): Value => ({ known: value });

  const midstate = words(INPUT.midstate, 8);
  const tail = words(INPUT.tail, 3);
  const targetTop = writer.load(INPUT.targetTop);
  const zeros = (count: number): Value[] => Array.from({ length: count }, () => known(0));

  const firstMessage = [...tail, writer.nonces(), known(0x80000000), ...zeros(10), known(640)];
  const firstHash = rounds(writer, midstate, firstMessage, 64).map((value, i) =>
    writer.keep(writer.add(value, midstate[i]!)),
  );

  // After round 61 the last word of the state is settled: it is `e`, which the last three rounds only move along.
  const secondMessage = [...firstHash, known(0x80000000), ...zeros(6), known(256)];
  const [, , , , lastWord] = rounds(writer, IV.map(known), secondMessage, 61);
  const bytes = writer.finish(writer.keep(writer.add(lastWord!, known(IV[7]!))), targetTop);
  return { bytes, constants: writer.constants, constantsAt: CONSTANTS_AT };
}

function rounds(writer: KernelWriter, state: readonly Value[], message: readonly Value[], count: number): Value[] {
  const w = [...message];
  let [a, b, c, d, e, f, g, h] = state as [Value, Value, Value, Value, Value, Value, Value, Value];
  let bc = writer.keep(writer.xor(b, c));
  for (let i = 0; i < count; i++) {
    if (i >= 16) {
      const s0 = writer.sigma(w[i - 15]!, 7, 18, -3);
      const s1 = writer.sigma(w[i - 2]!, 17, 19, -10);
      w.push(writer.keep(writer.add(w[i - 16]!, s0, w[i - 7]!, s1)));
    }
    const choice = writer.xor(g, writer.and(e, writer.xor(f, g)));
    const t1 = writer.keep(writer.add(h, writer.sigma(e, 6, 11, 25), choice, { known: K[i]! }, w[i]!));
    const ab = writer.keep(writer.xor(a, b));
    const majority = writer.xor(b, writer.and(ab, bc));
    const next = writer.keep(writer.add(t1, writer.sigma(a, 2, 13, 22), majority));
    [h, g, f, e, d, c, b, a] = [g, f, e, writer.keep(writer.add(d, t1)), c, b, a, next];
    bc = ab;
  }
  return [a, b, c, d, e, f, g, h];
}

function isLoop(value: Value): boolean {
  return !('known' in value) && value.loop;
}

function rotateKnown(value: number, bits: number): number {
  return bits < 0 ? value >>> -bits : ((value >>> bits) | (value << (32 - bits))) >>> 0;
}

function applyKnown(opcode: number, left: number, right: number): number {
  if (opcode === VECTOR.add) return (left + right) >>> 0;
  return opcode === VECTOR.xor ? left ^ right : left & right;
}
