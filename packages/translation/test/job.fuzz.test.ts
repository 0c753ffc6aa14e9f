import { foldMerklePath, joinCoinbase, portableHash } from '@stratumkit/bitcoin';
import { createPortableJobHasher } from '@stratumkit/channels';
import { decodeLine, notifyLine, shareHeader, typedCall } from '@stratumkit/sv1';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { coinbaseSize, localJob, notifyOf, upstreamExtranonce } from '../src/index.ts';

const bytes = (minLength: number, maxLength = minLength) => fc.uint8Array({ minLength, maxLength });
const word = fc.nat({ max: 0xffffffff });

const upstreamJob = fc
  .record({
    version: word,
    versionRollingAllowed: fc.boolean(),
    merklePath: fc.array(bytes(32), { maxLength: 16 }),
    coinbasePrefix: bytes(0, 120),
    coinbaseSuffix: bytes(0, 200),
    extranoncePrefix: bytes(0, 16),
  })
  .map((parts) => ({ ...parts, merklePath: parts.merklePath.map((branch) => branch.slice()) }));

it('what a miner hashes from mining.notify is what the pool hashes of its own job', () => {
  fc.assert(
    fc.property(
      fc.record({
        parts: upstreamJob,
        padding: fc.nat({ max: 8 }),
        extranonce1: bytes(2),
        extranonce2: bytes(2, 16),
        prevHash: bytes(32),
        nbits: word,
        ntime: word,
        nonce: word,
        jobId: word,
        clean: fc.boolean(),
      }),
      ({ parts, padding, extranonce1, extranonce2, prevHash, nbits, ntime, nonce, jobId, clean }) => {
        const job = localJob(parts, padding, jobId);
        const line = notifyLine(notifyOf(job, { prevHash, nbits }, ntime, clean));
        // Through the wire, as the miner reads it.
        const message = decodeLine(line.subarray(0, -1));
        const call = message.type === 'call' ? typedCall(message) : undefined;
        if (call?.method !== 'mining.notify') throw new Error('no notify');
        const header = shareHeader(call.params, { extranonce2, ntime, nonce }, extranonce1);

        // The pool sees its own prefix, suffix and path, and the extranonce that is submitted.
        const { coinbasePrefix, extranoncePrefix, coinbaseSuffix, merklePath } = parts;
        const extranonce = upstreamExtranonce(padding, extranonce1, extranonce2);
        const coinbase = joinCoinbase(coinbasePrefix, extranoncePrefix, extranonce, coinbaseSuffix);
        expect(header.merkleRoot).toEqual(foldMerklePath(portableHash.sha256d(coinbase), merklePath, portableHash));
        expect(header).toMatchObject({ version: parts.version, prevHash, nbits, time: ntime, nonce });
        expect(call.params.cleanJobs).toBe(clean);
        expect(coinbaseSize(job, extranonce1.length, extranonce2.length)).toBe(coinbase.length);

        // And so does the channel that judges the share here.
        const root = new Uint8Array(32);
        const extranonceSize = extranonce2.length;
        const hasher = createPortableJobHasher(portableHash)({ ...job, extranoncePrefix: extranonce1, extranonceSize });
        hasher.merkleRootInto(extranonce2, root, 0);
        expect(root).toEqual(header.merkleRoot);
      },
    ),
    propertyOptions(),
  );
});
