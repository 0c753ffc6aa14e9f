import type { RandomBytes } from '@stratumkit/noise';
import { KERNEL_CODE } from './kernelCode.ts';

interface KernelExports {
  readonly memory: { readonly buffer: ArrayBuffer };
  readonly io: { readonly value: number };
  decode(): void;
  encode(branch: number): number;
}

const kernel = instantiate();
const io = new Uint8Array(kernel.memory.buffer, kernel.io.value, 128);

/** Any 64 bytes to a point on the curve: `publicKey` is its x, `point` the uncompressed form with one of its two y. */
export function decodePoint(ellswift: Uint8Array): { publicKey: Uint8Array; point: Uint8Array } {
  io.set(ellswift);
  kernel.decode();
  const point = new Uint8Array(65);
  point[0] = 4;
  point.set(io.subarray(64, 128), 1);
  return { publicKey: point.slice(1, 33), point };
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

/** The few parts used here; neither the ES nor the Node types declare them. */
interface WebAssemblyApi {
  readonly Module: new (code: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
}

function instantiate(): KernelExports {
  const { Module, Instance } = (globalThis as unknown as { WebAssembly: WebAssemblyApi }).WebAssembly;
  const abort = () => {
    throw new Error('the kernel aborted');
  };
  return new Instance(new Module(Buffer.from(KERNEL_CODE, 'base64')), { env: { abort } }).exports as KernelExports;
}
