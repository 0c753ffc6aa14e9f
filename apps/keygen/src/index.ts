export { keygen } from './app.ts';
export { type AuthorityKeys, createKeys, keysFromSecret } from './createKeys.ts';
export { formatKeys, type KeyFormat } from './formatKeys.ts';
