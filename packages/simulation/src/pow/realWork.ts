import { type HashBackend, portableHash } from '@stratumkit/bitcoin';
import type { ProofOfWork } from './proofOfWork.ts';

/** Double SHA-256: devices search nonce by nonce, so their hashrates have to be small. */
export function createRealWork(hash: HashBackend = portableHash): ProofOfWork {
  return { name: 'real', hash };
}
