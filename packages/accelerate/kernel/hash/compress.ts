/**
 * The compression function of SHA-256 in AssemblyScript. States and blocks are words in the machine's order, so that a digest
 * that is hashed again needs no swapping. 16 rounds are unrolled, so that the message schedule stays in locals.
 */

/** The first 32 bits of the fractional parts of the square roots of the first 8 primes. */
export const INITIAL_STATE: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

/** The same of the cube roots of the first 64 primes. */
const CONSTANTS: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

/** Constant plus message schedule of the block that pads a message of 64 bytes, filled in at the start. */
const PADDING: usize = memory.data(256, 8);

fillPadding();

/** Compresses the 64 bytes at `block` with the state at `from`; the new state goes to `to`, which may be `from`. */
export function compress(from: usize, block: usize, to: usize): void {
  let a = load<u32>(from, 0);
  let b = load<u32>(from, 4);
  let c = load<u32>(from, 8);
  let d = load<u32>(from, 12);
  let e = load<u32>(from, 16);
  let f = load<u32>(from, 20);
  let g = load<u32>(from, 24);
  let h = load<u32>(from, 28);
  let x: u32 = 0;
  let y = b ^ c;
  let w0 = load<u32>(block, 0);
  let w1 = load<u32>(block, 4);
  let w2 = load<u32>(block, 8);
  let w3 = load<u32>(block, 12);
  let w4 = load<u32>(block, 16);
  let w5 = load<u32>(block, 20);
  let w6 = load<u32>(block, 24);
  let w7 = load<u32>(block, 28);
  let w8 = load<u32>(block, 32);
  let w9 = load<u32>(block, 36);
  let w10 = load<u32>(block, 40);
  let w11 = load<u32>(block, 44);
  let w12 = load<u32>(block, 48);
  let w13 = load<u32>(block, 52);
  let w14 = load<u32>(block, 56);
  let w15 = load<u32>(block, 60);
  h += big1(e) + (g ^ (e & (f ^ g))) + load<u32>(CONSTANTS, 0) + w0;
  d += h;
  x = a ^ b;
  h += big0(a) + (b ^ (x & y));
  g += big1(d) + (f ^ (d & (e ^ f))) + load<u32>(CONSTANTS, 4) + w1;
  c += g;
  y = h ^ a;
  g += big0(h) + (a ^ (y & x));
  f += big1(c) + (e ^ (c & (d ^ e))) + load<u32>(CONSTANTS, 8) + w2;
  b += f;
  x = g ^ h;
  f += big0(g) + (h ^ (x & y));
  e += big1(b) + (d ^ (b & (c ^ d))) + load<u32>(CONSTANTS, 12) + w3;
  a += e;
  y = f ^ g;
  e += big0(f) + (g ^ (y & x));
  d += big1(a) + (c ^ (a & (b ^ c))) + load<u32>(CONSTANTS, 16) + w4;
  h += d;
  x = e ^ f;
  d += big0(e) + (f ^ (x & y));
  c += big1(h) + (b ^ (h & (a ^ b))) + load<u32>(CONSTANTS, 20) + w5;
  g += c;
  y = d ^ e;
  c += big0(d) + (e ^ (y & x));
  b += big1(g) + (a ^ (g & (h ^ a))) + load<u32>(CONSTANTS, 24) + w6;
  f += b;
  x = c ^ d;
  b += big0(c) + (d ^ (x & y));
  a += big1(f) + (h ^ (f & (g ^ h))) + load<u32>(CONSTANTS, 28) + w7;
  e += a;
  y = b ^ c;
  a += big0(b) + (c ^ (y & x));
  h += big1(e) + (g ^ (e & (f ^ g))) + load<u32>(CONSTANTS, 32) + w8;
  d += h;
  x = a ^ b;
  h += big0(a) + (b ^ (x & y));
  g += big1(d) + (f ^ (d & (e ^ f))) + load<u32>(CONSTANTS, 36) + w9;
  c += g;
  y = h ^ a;
  g += big0(h) + (a ^ (y & x));
  f += big1(c) + (e ^ (c & (d ^ e))) + load<u32>(CONSTANTS, 40) + w10;
  b += f;
  x = g ^ h;
  f += big0(g) + (h ^ (x & y));
  e += big1(b) + (d ^ (b & (c ^ d))) + load<u32>(CONSTANTS, 44) + w11;
  a += e;
  y = f ^ g;
  e += big0(f) + (g ^ (y & x));
  d += big1(a) + (c ^ (a & (b ^ c))) + load<u32>(CONSTANTS, 48) + w12;
  h += d;
  x = e ^ f;
  d += big0(e) + (f ^ (x & y));
  c += big1(h) + (b ^ (h & (a ^ b))) + load<u32>(CONSTANTS, 52) + w13;
  g += c;
  y = d ^ e;
  c += big0(d) + (e ^ (y & x));
  b += big1(g) + (a ^ (g & (h ^ a))) + load<u32>(CONSTANTS, 56) + w14;
  f += b;
  x = c ^ d;
  b += big0(c) + (d ^ (x & y));
  a += big1(f) + (h ^ (f & (g ^ h))) + load<u32>(CONSTANTS, 60) + w15;
  e += a;
  y = b ^ c;
  a += big0(b) + (c ^ (y & x));
  for (let k: usize = CONSTANTS + 64; k < CONSTANTS + 256; k += 64) {
    w0 += small1(w14) + w9 + small0(w1);
    h += big1(e) + (g ^ (e & (f ^ g))) + load<u32>(k, 0) + w0;
    d += h;
    x = a ^ b;
    h += big0(a) + (b ^ (x & y));
    w1 += small1(w15) + w10 + small0(w2);
    g += big1(d) + (f ^ (d & (e ^ f))) + load<u32>(k, 4) + w1;
    c += g;
    y = h ^ a;
    g += big0(h) + (a ^ (y & x));
    w2 += small1(w0) + w11 + small0(w3);
    f += big1(c) + (e ^ (c & (d ^ e))) + load<u32>(k, 8) + w2;
    b += f;
    x = g ^ h;
    f += big0(g) + (h ^ (x & y));
    w3 += small1(w1) + w12 + small0(w4);
    e += big1(b) + (d ^ (b & (c ^ d))) + load<u32>(k, 12) + w3;
    a += e;
    y = f ^ g;
    e += big0(f) + (g ^ (y & x));
    w4 += small1(w2) + w13 + small0(w5);
    d += big1(a) + (c ^ (a & (b ^ c))) + load<u32>(k, 16) + w4;
    h += d;
    x = e ^ f;
    d += big0(e) + (f ^ (x & y));
    w5 += small1(w3) + w14 + small0(w6);
    c += big1(h) + (b ^ (h & (a ^ b))) + load<u32>(k, 20) + w5;
    g += c;
    y = d ^ e;
    c += big0(d) + (e ^ (y & x));
    w6 += small1(w4) + w15 + small0(w7);
    b += big1(g) + (a ^ (g & (h ^ a))) + load<u32>(k, 24) + w6;
    f += b;
    x = c ^ d;
    b += big0(c) + (d ^ (x & y));
    w7 += small1(w5) + w0 + small0(w8);
    a += big1(f) + (h ^ (f & (g ^ h))) + load<u32>(k, 28) + w7;
    e += a;
    y = b ^ c;
    a += big0(b) + (c ^ (y & x));
    w8 += small1(w6) + w1 + small0(w9);
    h += big1(e) + (g ^ (e & (f ^ g))) + load<u32>(k, 32) + w8;
    d += h;
    x = a ^ b;
    h += big0(a) + (b ^ (x & y));
    w9 += small1(w7) + w2 + small0(w10);
    g += big1(d) + (f ^ (d & (e ^ f))) + load<u32>(k, 36) + w9;
    c += g;
    y = h ^ a;
    g += big0(h) + (a ^ (y & x));
    w10 += small1(w8) + w3 + small0(w11);
    f += big1(c) + (e ^ (c & (d ^ e))) + load<u32>(k, 40) + w10;
    b += f;
    x = g ^ h;
    f += big0(g) + (h ^ (x & y));
    w11 += small1(w9) + w4 + small0(w12);
    e += big1(b) + (d ^ (b & (c ^ d))) + load<u32>(k, 44) + w11;
    a += e;
    y = f ^ g;
    e += big0(f) + (g ^ (y & x));
    w12 += small1(w10) + w5 + small0(w13);
    d += big1(a) + (c ^ (a & (b ^ c))) + load<u32>(k, 48) + w12;
    h += d;
    x = e ^ f;
    d += big0(e) + (f ^ (x & y));
    w13 += small1(w11) + w6 + small0(w14);
    c += big1(h) + (b ^ (h & (a ^ b))) + load<u32>(k, 52) + w13;
    g += c;
    y = d ^ e;
    c += big0(d) + (e ^ (y & x));
    w14 += small1(w12) + w7 + small0(w15);
    b += big1(g) + (a ^ (g & (h ^ a))) + load<u32>(k, 56) + w14;
    f += b;
    x = c ^ d;
    b += big0(c) + (d ^ (x & y));
    w15 += small1(w13) + w8 + small0(w0);
    a += big1(f) + (h ^ (f & (g ^ h))) + load<u32>(k, 60) + w15;
    e += a;
    y = b ^ c;
    a += big0(b) + (c ^ (y & x));
  }
  store<u32>(to, load<u32>(from, 0) + a, 0);
  store<u32>(to, load<u32>(from, 4) + b, 4);
  store<u32>(to, load<u32>(from, 8) + c, 8);
  store<u32>(to, load<u32>(from, 12) + d, 12);
  store<u32>(to, load<u32>(from, 16) + e, 16);
  store<u32>(to, load<u32>(from, 20) + f, 20);
  store<u32>(to, load<u32>(from, 24) + g, 24);
  store<u32>(to, load<u32>(from, 28) + h, 28);
}

/** Compresses the second block of a message of 64 bytes, which is the same for all of them. */
export function compressPadding(from: usize, to: usize): void {
  let a = load<u32>(from, 0);
  let b = load<u32>(from, 4);
  let c = load<u32>(from, 8);
  let d = load<u32>(from, 12);
  let e = load<u32>(from, 16);
  let f = load<u32>(from, 20);
  let g = load<u32>(from, 24);
  let h = load<u32>(from, 28);
  let x: u32 = 0;
  let y = b ^ c;
  for (let k: usize = PADDING; k < PADDING + 256; k += 64) {
    h += big1(e) + (g ^ (e & (f ^ g))) + load<u32>(k, 0);
    d += h;
    x = a ^ b;
    h += big0(a) + (b ^ (x & y));
    g += big1(d) + (f ^ (d & (e ^ f))) + load<u32>(k, 4);
    c += g;
    y = h ^ a;
    g += big0(h) + (a ^ (y & x));
    f += big1(c) + (e ^ (c & (d ^ e))) + load<u32>(k, 8);
    b += f;
    x = g ^ h;
    f += big0(g) + (h ^ (x & y));
    e += big1(b) + (d ^ (b & (c ^ d))) + load<u32>(k, 12);
    a += e;
    y = f ^ g;
    e += big0(f) + (g ^ (y & x));
    d += big1(a) + (c ^ (a & (b ^ c))) + load<u32>(k, 16);
    h += d;
    x = e ^ f;
    d += big0(e) + (f ^ (x & y));
    c += big1(h) + (b ^ (h & (a ^ b))) + load<u32>(k, 20);
    g += c;
    y = d ^ e;
    c += big0(d) + (e ^ (y & x));
    b += big1(g) + (a ^ (g & (h ^ a))) + load<u32>(k, 24);
    f += b;
    x = c ^ d;
    b += big0(c) + (d ^ (x & y));
    a += big1(f) + (h ^ (f & (g ^ h))) + load<u32>(k, 28);
    e += a;
    y = b ^ c;
    a += big0(b) + (c ^ (y & x));
    h += big1(e) + (g ^ (e & (f ^ g))) + load<u32>(k, 32);
    d += h;
    x = a ^ b;
    h += big0(a) + (b ^ (x & y));
    g += big1(d) + (f ^ (d & (e ^ f))) + load<u32>(k, 36);
    c += g;
    y = h ^ a;
    g += big0(h) + (a ^ (y & x));
    f += big1(c) + (e ^ (c & (d ^ e))) + load<u32>(k, 40);
    b += f;
    x = g ^ h;
    f += big0(g) + (h ^ (x & y));
    e += big1(b) + (d ^ (b & (c ^ d))) + load<u32>(k, 44);
    a += e;
    y = f ^ g;
    e += big0(f) + (g ^ (y & x));
    d += big1(a) + (c ^ (a & (b ^ c))) + load<u32>(k, 48);
    h += d;
    x = e ^ f;
    d += big0(e) + (f ^ (x & y));
    c += big1(h) + (b ^ (h & (a ^ b))) + load<u32>(k, 52);
    g += c;
    y = d ^ e;
    c += big0(d) + (e ^ (y & x));
    b += big1(g) + (a ^ (g & (h ^ a))) + load<u32>(k, 56);
    f += b;
    x = c ^ d;
    b += big0(c) + (d ^ (x & y));
    a += big1(f) + (h ^ (f & (g ^ h))) + load<u32>(k, 60);
    e += a;
    y = b ^ c;
    a += big0(b) + (c ^ (y & x));
  }
  store<u32>(to, load<u32>(from, 0) + a, 0);
  store<u32>(to, load<u32>(from, 4) + b, 4);
  store<u32>(to, load<u32>(from, 8) + c, 8);
  store<u32>(to, load<u32>(from, 12) + d, 12);
  store<u32>(to, load<u32>(from, 16) + e, 16);
  store<u32>(to, load<u32>(from, 20) + f, 20);
  store<u32>(to, load<u32>(from, 24) + g, 24);
  store<u32>(to, load<u32>(from, 28) + h, 28);
}

function fillPadding(): void {
  store<u32>(PADDING, 0x80000000);
  store<u32>(PADDING, 512, 60);
  for (let at: usize = PADDING + 64; at < PADDING + 256; at += 4) {
    const word = small1(load<u32>(at - 8)) + load<u32>(at - 28) + small0(load<u32>(at - 60)) + load<u32>(at - 64);
    store<u32>(at, word);
  }
  for (let at: usize = 0; at < 256; at += 4)
    store<u32>(PADDING + at, load<u32>(PADDING + at) + load<u32>(CONSTANTS + at));
}

function big0(x: u32): u32 {
  return rotr<u32>(x, 2) ^ rotr<u32>(x, 13) ^ rotr<u32>(x, 22);
}

function big1(x: u32): u32 {
  return rotr<u32>(x, 6) ^ rotr<u32>(x, 11) ^ rotr<u32>(x, 25);
}

function small0(x: u32): u32 {
  return rotr<u32>(x, 7) ^ rotr<u32>(x, 18) ^ (x >>> 3);
}

function small1(x: u32): u32 {
  return rotr<u32>(x, 17) ^ rotr<u32>(x, 19) ^ (x >>> 10);
}
