export { createFastAead, LARGE_PLAINTEXT } from './fastAead.ts';
export { fastCrypto } from './fastCrypto.ts';
export { fastHash } from './fastHash.ts';
export { createFastJobHasher } from './fastJobHasher.ts';
export { KeyPool, type KeyPoolOptions } from './keyPool.ts';
