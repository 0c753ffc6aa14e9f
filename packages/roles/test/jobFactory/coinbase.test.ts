import {
  decodeTransaction,
  encodeTransaction,
  foldMerklePath,
  headerHash,
  portableHash,
  txid,
} from '@stratumkit/bitcoin';
import { ConfigError, toHex } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';
import { createPayout, createTemplate, JobFactory } from '../../src/index.ts';
import { BOOT_ID, bodyOf, COMMITMENT, newTemplate, POOL_SCRIPT, PoolHarness, prevHashOf } from '../pool/poolHarness.ts';

const toPool = createPayout(POOL_SCRIPT);
const factory = (poolSignature = 'test') =>
  new JobFactory({ poolSignature, bootId: BOOT_ID, extranonceSize: 20, versionRollingAllowed: true });

describe('a job made from a template', () => {
  it('has the coinbase byte for byte', () => {
    const job = factory().create(createTemplate(newTemplate()), toPool, 0x01020304, undefined);
    expect(toHex(job.coinbasePrefix)).toBe(
      [
        '02000000', // version
        '01', // one input
        '00'.repeat(32), // no previous transaction
        'ffffffff',
        '2b', // script of 43 bytes
        '02e803', // height 1000, from the template
        '12', // push of 18 bytes:
        '2f746573742f', // /test/
        'b0b1b2b3b4b5b6b7', // boot id
        '04030201', // job id
        '14', // push of the 20 extranonce bytes
      ].join(''),
    );
    expect(toHex(job.coinbaseSuffix)).toBe(
      [
        'feffffff', // sequence
        '02', // two outputs:
        '7bf2052a01000000', // 5,000,000,123 satoshis
        '01',
        '51',
        '0000000000000000', // the template's
        '26',
        toHex(COMMITMENT),
        'e7030000', // locktime 999
      ].join(''),
    );
    expect(job).toMatchObject({ jobId: 0x01020304, templateId: 1n, version: 0x20000000, minNtime: undefined });
  });

  it('stays a valid coinbase without any value to spend', () => {
    const template = createTemplate(
      newTemplate({ coinbaseTxValueRemaining: 0n, coinbaseTxOutputsCount: 0, coinbaseTxOutputs: new Uint8Array(0) }),
    );
    const job = factory().create(template, toPool, 1, 5);
    const bytes = new Uint8Array([...job.coinbasePrefix, ...new Uint8Array(20), ...job.coinbaseSuffix]);
    expect(decodeTransaction(bytes).outputs).toEqual([{ value: 0n, script: POOL_SCRIPT }]);
  });

  it('searches another space than the next job of the same template', () => {
    const template = createTemplate(newTemplate());
    const prefixes = [1, 2].map((jobId) => factory().create(template, toPool, jobId, 5).coinbasePrefix.join());
    expect(prefixes[0]).not.toBe(prefixes[1]);
  });

  it.each([1, 2, 4, 8])('fits a template prefix of %i bytes at the longest signature', (size) => {
    const template = createTemplate(newTemplate({ coinbasePrefix: new Uint8Array(size) }));
    expect(() => factory('x'.repeat(56)).create(template, toPool, 1, 5)).not.toThrow();
  });
});

it('refuses a signature that leaves no room, at the start', () => {
  expect(() => factory('x'.repeat(56))).not.toThrow();
  expect(() => factory('x'.repeat(57))).toThrow(ConfigError);
  expect(() => new PoolHarness({ poolSignature: 'ä'.repeat(29) })).toThrow(/2 bytes too long/);
});

describe('a solution', () => {
  function solve(outputs: Uint8Array, count: number) {
    const pool = new PoolHarness();
    pool.input({ type: 'template-connected' });
    pool.template({ coinbaseTxOutputs: outputs, coinbaseTxOutputsCount: count });
    pool.tip();
    const { channelId } = bodyOf(pool.connect(1).openExtended(1), 'OpenExtendedMiningChannel.Success');
    pool.submit(1, pool.mine(1, channelId, 'block'));
    const solution = pool.toProvider.findLast(({ name }) => name === 'SubmitSolution');
    if (solution?.name !== 'SubmitSolution') throw new Error('no solution');
    return { solution: solution.value, hash: pool.eventsOf('block')[0]!.hash };
  }

  it('carries the BIP141 fields where the template commits to witnesses', () => {
    const { outputs, count } = { outputs: newTemplate().coinbaseTxOutputs, count: 1 };
    const { solution, hash } = solve(outputs, count);
    const coinbase = decodeTransaction(solution.coinbaseTx);
    expect(coinbase.inputs[0]?.witness).toEqual([new Uint8Array(32)]);
    expect(toHex(encodeTransaction(coinbase))).toBe(toHex(solution.coinbaseTx));
    const merkleRoot = foldMerklePath(txid(coinbase), newTemplate().merklePath, portableHash);
    const header = {
      version: solution.version,
      prevHash: prevHashOf(0xaa),
      merkleRoot,
      time: solution.headerTimestamp,
      nbits: 0x207fffff,
      nonce: solution.headerNonce,
    };
    expect(toHex(headerHash(header))).toBe(toHex(hash));
  });

  it('carries none where it does not', () => {
    const { solution } = solve(new Uint8Array(0), 0);
    expect(decodeTransaction(solution.coinbaseTx).inputs[0]?.witness).toEqual([]);
  });
});
