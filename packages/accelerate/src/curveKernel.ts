import type { RandomBytes } from '@stratumkit/noise';
import { instantiate } from './instantiate.ts';
import { KERNEL_CODE } from './kernelCode.ts';

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly io: { readonly value: number };
  decode(): void;
  encode(branch: number): number;
  multiplyBase(): void;
  multiplyPoint(scalarSize: number): void;
}

const kernel = instantiate<KernelExports>(KERNEL_CODE);
const io = new Uint8Array(kernel.memory.buffer, kernel.io.value, 160);

/** x and y of a point on the curve, 32 bytes each. */
export type AffinePoint = Uint8Array;

/** Any 64 bytes to the point they stand for, with one of its two y. */
export function decodePoint(ellswift: Uint8Array): AffinePoint {
  io.set(ellswift);
  kernel.decode();
  return io.slice(64, 128);
}

/** x of the product. The scalar has 32 to 64 bytes and is no multiple of n; how long it takes does not depend on it. */
export function multiplyPoint(point: AffinePoint, scalar: Uint8Array): Uint8Array {
  io.set(scalar);
  io.set(point, 64);
  kernel.multiplyPoint(scalar.length);
  return io.slice(128, 160);
}

/** x of the generator times a scalar from 1 to n - 1: the x-only public key. As even in time as `multiplyPoint`. */
export function multiplyBase(scalar: Uint8Array): Uint8Array {
  io.set(scalar);
  kernel.multiplyBase();
  return io.slice(128, 160);
}

/** The same encoding as `encodeEllswift` of the noise package gives, with the same draws. */
export function encodePublicKey(publicKey: Uint8Array, random: RandomBytes): Uint8Array {
  for (;;) {
    const draw = random(33);
    if (!isFieldElement(draw)) continue;
    io.set(publicKey);
    io.set(draw.subarray(0, 32), 32);
    if (kernel.encode(draw[32]! & 7) === 0) continue;
    return io.slice(32, 96);
  }
}

/** Whether the first 32 bytes are 1 to p - 1. */
function isFieldElement(bytes: Uint8Array): boolean {
  let zeros = true;
  for (let i = 0; i < 32 && zeros; i++) zeros = bytes[i] === 0;
  if (zeros) return false;
  for (let i = 0; i < 27; i++) if (bytes[i] !== 0xff) return true;
  // p ends in fffffffe fffffc2f
  const view = new DataView(bytes.buffer, bytes.byteOffset, 32);
  const high = view.getUint32(24);
  return high < 0xffff_fffe || (high === 0xffff_fffe && view.getUint32(28) < 0xffff_fc2f);
}
