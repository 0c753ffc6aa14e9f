/** Opcodes of WebAssembly that the kernel is made of; vector ones carry their prefix. */
export const OP = {
  block: 0x02,
  loop: 0x03,
  end: 0x0b,
  br: 0x0c,
  brIf: 0x0d,
  localGet: 0x20,
  localSet: 0x21,
  localTee: 0x22,
  i32Const: 0x41,
  i32GeU: 0x4f,
  i32Add: 0x6a,
} as const;

export const VECTOR = {
  load: 0x00,
  load32Splat: 0x09,
  shuffle: 0x0d,
  splat: 0x11,
  leU: 0x3e,
  and: 0x4e,
  or: 0x50,
  xor: 0x51,
  anyTrue: 0x53,
  shl: 0xab,
  shrU: 0xad,
  add: 0xae,
} as const;

export const TYPE = { i32: 0x7f, v128: 0x7b, void: 0x40 } as const;

export function vector(opcode: number): number[] {
  return [0xfd, ...unsigned(opcode)];
}

/** A vector load from a fixed address. */
export function loadAt(opcode: number, address: number): number[] {
  const alignment = opcode === VECTOR.load ? 4 : 2;
  return [OP.i32Const, 0, ...vector(opcode), alignment, ...unsigned(address)];
}

/** LEB128. */
export function unsigned(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  while (rest >= 0x80) {
    out.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  out.push(rest);
  return out;
}

/** Signed LEB128 of a small constant. */
export function i32Const(value: number): number[] {
  if (value < 0 || value > 63) throw new RangeError('only 0 to 63 fit one byte');
  return [OP.i32Const, value];
}

/**
 * A module with one page of memory, exported as `memory`, and one function `scan(i32, i32) -> i32` with one more i32 local
 * and `vectorLocals` v128 locals behind it.
 */
export function moduleBytes(vectorLocals: number, code: readonly number[]): Uint8Array<ArrayBuffer> {
  const locals = [2, 1, TYPE.i32, ...unsigned(vectorLocals), TYPE.v128];
  const body = [...locals, ...code, OP.end];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, [1, 0x60, 2, TYPE.i32, TYPE.i32, 1, TYPE.i32]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, ...name('memory'), 2, 0, ...name('scan'), 0, 0]),
    ...section(10, [1, ...unsigned(body.length), ...body]),
  ]);
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function name(text: string): number[] {
  return [text.length, ...new TextEncoder().encode(text)];
}
