import type { HashBackend } from '@stratumkit/bitcoin';
import type { ExtendedJobTemplate } from '../jobs/job.ts';

const digests = new WeakMap<ExtendedJobTemplate, string>();

/**
 * Names what a job searches: its coinbase with this prefix and its merkle path. Two jobs with one digest search the same
 * headers. The template's part is computed once for all channels.
 */
export function workDigest(template: ExtendedJobTemplate, extranoncePrefix: Uint8Array, hash: HashBackend): string {
  if (template.merkleRoot !== undefined) return template.merkleRoot.join();
  let digest = digests.get(template);
  if (digest === undefined) {
    const { coinbasePrefix, coinbaseSuffix, merklePath } = template;
    const hashes = new Uint8Array(32 * (2 + merklePath.length));
    hashes.set(hash.sha256(coinbasePrefix));
    hashes.set(hash.sha256(coinbaseSuffix), 32);
    for (const [index, node] of merklePath.entries()) hashes.set(node, 32 * (2 + index));
    digest = hash.sha256(hashes).join();
    digests.set(template, digest);
  }
  return `${digest}|${extranoncePrefix.join()}`;
}
