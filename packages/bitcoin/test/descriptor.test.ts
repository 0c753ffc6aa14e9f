import { ConfigError } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';
import {
  decodeAddress,
  descriptorChecksum,
  isValidAddress,
  type Network,
  scriptFromAddress,
  scriptFromDescriptor,
} from '../src/index.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (error instanceof ConfigError) return error.code;
    throw error;
  }
  return 'none';
};
const G = '0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798';
const KEYS = [
  '03a0434d9e47f3c86235477c7b1ae6ae5d3442d49b1943c2b752a68e2a47e247c7',
  '03774ae7f858a9411e5ef4246b70c65aac5649980be5c17891bbec17895da008cb',
  '03d01115d548e7561b15c38f004d734633687cf4419620095bc5b0f47070afe85a',
];

describe('addresses', () => {
  // Valid and invalid addresses of BIP-0173 and BIP-0350.
  it.each<[string, Network, string]>([
    ['BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4', 'mainnet', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
    [
      'tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7',
      'testnet3',
      '00201863143c14c5166804bd19203356da136c985678cd4d27a1b8c6329604903262',
    ],
    [
      'bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y',
      'mainnet',
      '5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6',
    ],
    ['BC1SW50QGDZ25J', 'mainnet', '6002751e'],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs', 'mainnet', '5210751e76e8199196d454941c45d1b3a323'],
    [
      'tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy',
      'signet',
      '0020000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
    ],
    [
      'tb1pqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesf3hn0c',
      'testnet4',
      '5120000000c4a5cad46221b2a187905e5266362b99d5e91c6ce24d165dab93e86433',
    ],
    [
      'bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0',
      'mainnet',
      '512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798',
    ],
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'mainnet', '76a91462e907b15cbf27d5425399ebf6f0fb50ebb88f1888ac'],
    ['3P14159f73E4gFr7JterCCQh9QjiTjiZrG', 'mainnet', 'a914e9c3dd0c07aac76179ebc76a6c78d4d67c6c160a87'],
    ['bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'regtest', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
    ['mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn', 'regtest', '76a914243f1394f44554f4ce3fd68649c19adc483ce92488ac'],
    ['2MzQwSSnBHWHqSAqtTVQ6v47XtaisrJa1Vc', 'testnet3', 'a9144e9f39ca4688ff102128ea4ccda34105324305b087'],
  ])('%s on %s', (address, network, script) => {
    expect(hex(scriptFromAddress(address, network))).toBe(script);
    expect(isValidAddress(address, network)).toBe(true);
  });

  it.each<[string, Network, string]>([
    ['tc1qw508d6qejxtdg4y5r3zarvary0c5xw7kg3g4ty', 'mainnet', 'not-an-address'],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5', 'mainnet', 'bad-checksum'],
    ['BC13W508D6QEJXTDG4Y5R3ZARVARY0C5XW7KN40WF2', 'mainnet', 'bad-program'],
    ['bc1rw5uspcuh', 'mainnet', 'bad-program'],
    ['bc1pw5dgrnzv', 'mainnet', 'bad-program'],
    ['BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P', 'mainnet', 'bad-program'],
    ['tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sL5k7', 'testnet3', 'bad-checksum'],
    ['bc1zw508d6qejxtdg4y5r3zarvaryvqyzf3du', 'mainnet', 'bad-program'],
    ['bc1gmk9yu', 'mainnet', 'bad-program'],
    ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4', 'regtest', 'wrong-network'],
    ['tb1qqqqqp399et2xygdj5xreqhjjvcmzhxw4aywxecjdzew6hylgvsesrxh6hy', 'regtest', 'wrong-network'],
    ['bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080', 'signet', 'wrong-network'],
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa', 'regtest', 'wrong-network'],
    ['mipcBbFg9gMiCh81Kj8tqqdgoZub1ZJRfn', 'mainnet', 'wrong-network'],
    ['1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb', 'mainnet', 'bad-checksum'],
    ['worker.1', 'mainnet', 'not-an-address'],
    ['', 'mainnet', 'not-an-address'],
    ['11111111111111111111111111111111111111111', 'mainnet', 'not-an-address'],
  ])('%s on %s: %s', (address, network, problem) => {
    expect(decodeAddress(address, network)).toMatchObject({ problem });
    expect(codeOf(() => scriptFromAddress(address, network))).toBe(problem);
  });
});

describe('descriptor checksums', () => {
  it.each([
    ['raw(deadbeef)', '89f8spxm'],
    ['addr(mkmZxiEcEd8ZqjQWVZuC6so5dFMKEFpN2j)', '02wpgw69'],
  ])('of %s is %s', (descriptor, checksum) => {
    expect(descriptorChecksum(descriptor)).toBe(checksum);
    expect(scriptFromDescriptor(`${descriptor}#${checksum}`, 'regtest')).toEqual(
      scriptFromDescriptor(descriptor, 'regtest'),
    );
  });

  it.each([
    ['raw(deedbeef)#89f8spxm', 'bad-checksum'],
    ['raw(deadbeef)#89f8spx', 'bad-checksum'],
    ['raw(deadbeef)#', 'bad-checksum'],
    ['raw(deadbeef)##89f8spxm', 'bad-character'],
    ['raw(Ü)#00000000', 'bad-character'],
  ])('%s: %s', (descriptor, code) => {
    expect(codeOf(() => scriptFromDescriptor(descriptor, 'regtest'))).toBe(code);
  });
});

describe('descriptors', () => {
  // Expected scripts from Bitcoin Core's documentation and tests of output descriptors.
  it.each([
    [`pk(${G})`, `21${G}ac`],
    [`pkh([d34db33f/44'/0'/0h]${G})`, '76a914751e76e8199196d454941c45d1b3a323f1433bd688ac'],
    [`wpkh(${G})`, '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
    [
      'sh(wpkh(03fff97bd5755eeea420453a14355235d382f6472f8568a18b2f057a1460297556))',
      'a914cc6ffbc0bf31af759451068f90ba7a0272b6b33287',
    ],
    [
      'wsh(pkh(02e493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13))',
      '0020fc5acc302aab97f821f9a61e1cc572e7968a603551e95d4ba12b51df6581482f',
    ],
    [
      'sh(wsh(pkh(02e493dbf1c10d80f3581e4904930b1404cc6c13900ee0758474fa94abe8c4cd13)))',
      'a91455e8d5e8ee4f3604aba23c71c2684fa0a56a3a1287',
    ],
    [`wsh(multi(2,${KEYS.join(',')}))`, '0020773d709598b76c4e3b575c08aad40658963f9322affc0f8c28d1d9a68d0c944a'],
    [
      'tr(a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)',
      '512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11',
    ],
    [' raw(6a4c4f54) ', '6a4c4f54'],
    ['addr(bcrt1qw508d6qejxtdg4y5r3zarvary0c5xw7kygt080)', '0014751e76e8199196d454941c45d1b3a323f1433bd6'],
  ])('%s', (descriptor, script) => {
    expect(hex(scriptFromDescriptor(descriptor, 'regtest'))).toBe(script);
  });

  it('sorts the keys of sortedmulti', () => {
    const sorted = [...KEYS].sort();
    const script = scriptFromDescriptor(`sh(sortedmulti(2,${KEYS.join(',')}))`, 'mainnet');
    expect(script).toEqual(scriptFromDescriptor(`sh(multi(2,${sorted.join(',')}))`, 'mainnet'));
  });

  it.each([
    ['', 'bad-syntax'],
    ['wpkh', 'bad-syntax'],
    ['wpkh()', 'bad-key'],
    ['wpkh(02ff)', 'bad-key'],
    [`wpkh(04${'11'.repeat(64)})`, 'bad-key'],
    [`wpkh(02${'ff'.repeat(32)})`, 'bad-key'],
    [`wpkh(${G}x)`, 'bad-key'],
    [
      'pkh(xpub661MyMwAqRbcFtXgS5sYJABqqG9YLmC4Q1Rdap9gSE8NqtwybGhePY2gZ29ESFjqJoCu1Rupje8YtGqsefD265TMg7usUDFdp6W1EGMcet8)',
      'unsupported-key',
    ],
    [`sh(sh(pkh(${G})))`, 'bad-nesting'],
    [`wsh(wpkh(${G}))`, 'bad-nesting'],
    [`wsh(tr(${G}))`, 'bad-nesting'],
    [`wsh(addr(${G}))`, 'unknown-function'],
    [`tr(${G},pk(${G}))`, 'unsupported-script-tree'],
    [`tr(${'ff'.repeat(32)})`, 'bad-key'],
    [`multi(3,${G},${G})`, 'bad-threshold'],
    [`multi(x,${G})`, 'bad-threshold'],
    ['raw(abc)', 'bad-script'],
    ['raw()', 'bad-script'],
    ['combo(02)', 'unknown-function'],
    ['addr(1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa)', 'wrong-network'],
    ['addr(hello)', 'not-an-address'],
  ])('%s: %s', (descriptor, code) => {
    expect(codeOf(() => scriptFromDescriptor(descriptor, 'regtest'))).toBe(code);
  });
});
