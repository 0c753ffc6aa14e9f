import { hexToBytes } from '@noble/hashes/utils.js';
import { p2ms, p2pk, p2pkh, p2sh, p2tr, p2wpkh, p2wsh } from '@scure/btc-signer';
import { ConfigError } from '@stratumkit/codec';
import { type Network, scriptFromAddress } from './address.ts';
import { descriptorChecksum } from './descriptorChecksum.ts';

type Context = 'top' | 'sh' | 'wsh';
interface Payment {
  readonly type: string;
  readonly script: Uint8Array;
}

/**
 * The output script of a descriptor: `addr()`, `raw()`, `pk()`, `pkh()`, `wpkh()`, `tr()`, `multi()`, `sortedmulti()`,
 * and `sh()`, `wsh()` around those that Bitcoin allows there. Keys are hexadecimal, an origin `[fingerprint/path]` may
 * stand before them. A `#checksum` is verified when present. Throws a `ConfigError` that names what is wrong.
 */
export function scriptFromDescriptor(descriptor: string, network: Network): Uint8Array {
  const body = withoutChecksum(descriptor.trim());
  const { name, argument } = parseCall(body);
  if (name === 'addr') return scriptFromAddress(argument, network);
  if (name === 'raw') return rawScript(argument);
  return payment(name, argument, 'top').script;
}

function withoutChecksum(descriptor: string): string {
  const [body = '', checksum, ...more] = descriptor.split('#');
  const expected = descriptorChecksum(body);
  if (expected === undefined || more.length > 0)
    fail('bad-character', 'the descriptor holds a character it cannot hold');
  if (checksum !== undefined && checksum !== expected) {
    fail('bad-checksum', `the descriptor's checksum is #${checksum}, computed is #${expected}`);
  }
  return body;
}

function parseCall(text: string): { name: string; argument: string } {
  const match = /^([a-z_]+)\((.*)\)$/.exec(text);
  if (match === null)
    fail(
      'bad-syntax',
      `"${text}" is not of the form name(...); a plain address stands in addr(...), a script in raw(...)`,
    );
  return { name: match[1]!, argument: match[2]! };
}

function rawScript(argument: string): Uint8Array {
  if (argument.length === 0) fail('bad-script', 'raw() needs a script in hexadecimal');
  return hex(argument, 'bad-script', 'the argument of raw()');
}

function payment(name: string, argument: string, context: Context): Payment {
  switch (name) {
    case 'pk':
      return attempt(argument, () => p2pk(publicKey(argument, context === 'wsh' ? [33] : [33, 65])));
    case 'pkh':
      return attempt(argument, () => p2pkh(publicKey(argument, context === 'wsh' ? [33] : [33, 65])));
    case 'multi':
    case 'sortedmulti':
      return multisig(name, argument, context);
    case 'wpkh':
      if (context === 'wsh') fail('bad-nesting', 'wpkh() cannot stand inside wsh()');
      return attempt(argument, () => p2wpkh(publicKey(argument, [33])));
    case 'wsh':
      if (context === 'wsh') fail('bad-nesting', 'wsh() cannot stand inside wsh()');
      return attempt(argument, () => p2wsh(inner(argument, 'wsh')));
    case 'sh':
      if (context !== 'top') fail('bad-nesting', `sh() cannot stand inside ${context}()`);
      return attempt(argument, () => p2sh(inner(argument, 'sh')));
    case 'tr':
      if (context !== 'top') fail('bad-nesting', `tr() cannot stand inside ${context}()`);
      return taproot(argument);
    default:
      return fail(
        'unknown-function',
        `${name}() is not supported; use addr(), raw(), pkh(), wpkh(), sh(), wsh() or tr()`,
      );
  }
}

function inner(argument: string, context: Context): Payment {
  const call = parseCall(argument);
  return payment(call.name, call.argument, context);
}

function taproot(argument: string): Payment {
  if (argument.includes(',')) fail('unsupported-script-tree', 'tr() is supported with a key only, without script tree');
  const key = publicKey(argument, [32, 33]);
  return attempt(argument, () => p2tr(key.length === 33 ? key.subarray(1) : key));
}

function multisig(name: string, argument: string, context: Context): Payment {
  const [threshold = '', ...keyTexts] = argument.split(',');
  const keys = keyTexts.map((text) => publicKey(text, context === 'wsh' ? [33] : [33, 65]));
  const required = Number(threshold);
  const most = context === 'top' ? 3 : context === 'sh' ? 15 : 16;
  if (!/^\d+$/.test(threshold) || required < 1 || required > keys.length || keys.length > most) {
    fail('bad-threshold', `${name}(${threshold}, ${keys.length} keys): want 1 to ${most} keys and no more signatures`);
  }
  if (name === 'sortedmulti') keys.sort(compareBytes);
  return attempt(argument, () => p2ms(required, keys, true));
}

function publicKey(text: string, sizes: readonly number[]): Uint8Array {
  const key = text.replace(/^\[[0-9a-fA-F]{8}(\/\d+['hH]?)*\]/, '');
  if (/^[xt]p(ub|rv)/.test(key)) {
    fail('unsupported-key', `extended keys are not supported: derive the key, or give its address with addr(...)`);
  }
  const bytes = hex(key, 'bad-key', `the key "${key}"`);
  const prefix = bytes[0];
  const shaped =
    bytes.length === 32 || prefix === (bytes.length === 65 ? 4 : 2) || (bytes.length === 33 && prefix === 3);
  if (!sizes.includes(bytes.length) || !shaped) {
    fail('bad-key', `the key "${key}" has ${bytes.length} bytes, wanted a public key of ${sizes.join(' or ')} bytes`);
  }
  return bytes;
}

function hex(text: string, code: string, what: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) fail(code, `${what} is not hexadecimal`);
  return hexToBytes(text);
}

function attempt(argument: string, build: () => Payment): Payment {
  try {
    return build();
  } catch (cause) {
    if (cause instanceof ConfigError) throw cause;
    throw new ConfigError('bad-key', `"${argument}" gives no script: ${(cause as Error).message}`, { cause });
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

function fail(code: string, message: string): never {
  throw new ConfigError(code, message);
}
