import { sha256 } from '@noble/hashes/sha2.js';
import { base58, bech32, bech32m } from '@scure/base';
import { ConfigError } from '@stratumkit/codec';
import { concatBytes, equalBytes } from './bytes.ts';

/**
 * The networks whose addresses are told apart; the test networks share their base58 versions, all of them but regtest their
 * bech32 prefix too.
 */
export type Network = 'mainnet' | 'testnet3' | 'testnet4' | 'signet' | 'regtest';
/** Names of networks, as configurations have them. */
export const NETWORKS: readonly Network[] = ['mainnet', 'testnet3', 'testnet4', 'signet', 'regtest'];

/**
 * What keeps a text from being an address of a network. `not-an-address` means that it does not even look like one;
 * every other value means that it was meant to be one.
 */
export type AddressProblem = 'not-an-address' | 'bad-checksum' | 'bad-program' | 'wrong-network';
/** The output script without its length, or what is wrong, in words for an operator. */
export type AddressResult =
  | { readonly script: Uint8Array }
  | { readonly problem: AddressProblem; readonly message: string };

const BECH32_PREFIX: Record<Network, string> = {
  mainnet: 'bc',
  testnet3: 'tb',
  testnet4: 'tb',
  signet: 'tb',
  regtest: 'bcrt',
};

/** Takes an address apart without throwing. */
export function decodeAddress(address: string, network: Network): AddressResult {
  const prefix = /^(bc|tb|bcrt)1/i.exec(address)?.[1]?.toLowerCase();
  return prefix === undefined ? decodeBase58(address, network) : decodeBech32(address, prefix, network);
}

/** The output script that pays to an address; a `ConfigError` whose code is an {@link AddressProblem} otherwise. */
export function scriptFromAddress(address: string, network: Network): Uint8Array {
  const result = decodeAddress(address, network);
  if ('script' in result) return result.script;
  throw new ConfigError(result.problem, result.message, { context: { address, network } });
}

/** Whether `decodeAddress` takes it on this network. */
export function isValidAddress(address: string, network: Network): boolean {
  return 'script' in decodeAddress(address, network);
}

function decodeBech32(address: string, prefix: string, network: Network): AddressResult {
  const text = address as `${string}1${string}`;
  const plain = bech32.decodeUnsafe(text);
  const modified = bech32m.decodeUnsafe(text);
  const words = (plain ?? modified)?.words;
  if (words === undefined) return bad('bad-checksum', 'the checksum of the address does not match: a digit is wrong');
  if (BECH32_PREFIX[network] !== prefix) {
    const owner = NETWORKS.filter((name) => BECH32_PREFIX[name] === prefix).join(', ');
    return bad('wrong-network', `an address with the prefix ${prefix}1 belongs to ${owner}, not to ${network}`);
  }
  const version = words[0];
  const program = bech32.fromWordsUnsafe(words.slice(1));
  if (version === undefined || version > 16 || !program || program.length < 2 || program.length > 40) {
    return bad('bad-program', 'the address holds no valid witness program');
  }
  if ((version === 0) !== (plain !== undefined && plain !== null)) {
    return bad('bad-checksum', 'version 0 addresses use bech32, later versions bech32m');
  }
  if (version === 0 && program.length !== 20 && program.length !== 32) {
    return bad('bad-program', 'a version 0 witness program has 20 or 32 bytes');
  }
  const opcode = version === 0 ? 0 : 0x50 + version;
  return { script: concatBytes(Uint8Array.of(opcode, program.length), program) };
}

function decodeBase58(address: string, network: Network): AddressResult {
  const bytes = base58Bytes(address);
  const version = bytes?.[0];
  if (bytes?.length !== 25 || version === undefined || ![0x00, 0x05, 0x6f, 0xc4].includes(version)) {
    return bad('not-an-address', 'neither a bech32 nor a base58 address');
  }
  const payload = bytes.subarray(0, 21);
  if (!equalBytes(sha256(sha256(payload)).subarray(0, 4), bytes.subarray(21))) {
    return bad('bad-checksum', 'the checksum of the address does not match: a digit is wrong');
  }
  if ((version === 0x00 || version === 0x05) !== (network === 'mainnet')) {
    const owner = version === 0x00 || version === 0x05 ? 'mainnet' : 'test networks';
    return bad('wrong-network', `the address belongs to ${owner}, not to ${network}`);
  }
  const hash = payload.subarray(1);
  return version === 0x00 || version === 0x6f
    ? { script: concatBytes(Uint8Array.of(0x76, 0xa9, 20), hash, Uint8Array.of(0x88, 0xac)) }
    : { script: concatBytes(Uint8Array.of(0xa9, 20), hash, Uint8Array.of(0x87)) };
}

function base58Bytes(text: string): Uint8Array | undefined {
  if (!/^[1-9A-HJ-NP-Za-km-z]{25,36}$/.test(text)) return undefined;
  return base58.decode(text);
}

function bad(problem: AddressProblem, message: string): AddressResult {
  return { problem, message };
}
