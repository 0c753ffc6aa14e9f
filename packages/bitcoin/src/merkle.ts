import { type HashBackend, portableHash } from './hash.ts';

/** The merkle root over at least one txid or wtxid. An odd node is paired with itself. */
export function merkleRoot(leaves: readonly Uint8Array[], hash: HashBackend = portableHash): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  let level = leaves;
  while (level.length > 1) level = parents(level, 0, hash);
  return level[0]!;
}

/** The path of the first leaf, from the txids of all other transactions; deepest hash first. */
export function merklePath(siblingTxids: readonly Uint8Array[], hash: HashBackend = portableHash): Uint8Array[] {
  const path: Uint8Array[] = [];
  let level = siblingTxids;
  while (level.length > 0) {
    path.push(level[0]!);
    level = parents(level, 1, hash);
  }
  return path;
}

/** The root that a first leaf and its path give. */
export function foldMerklePath(
  leaf: Uint8Array,
  path: readonly Uint8Array[],
  hash: HashBackend = portableHash,
): Uint8Array {
  let node = leaf;
  for (const sibling of path) node = hash.sha256dPair(node, sibling);
  return node;
}

function parents(level: readonly Uint8Array[], from: number, hash: HashBackend): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (let i = from; i < level.length; i += 2) out.push(hash.sha256dPair(level[i]!, level[i + 1] ?? level[i]!));
  return out;
}
