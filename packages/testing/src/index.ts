export { arbitraryChunks, arbitraryOf, arbitraryOfField } from './arbitraries.ts';
export { FakeClock } from './clock.ts';
export { freePort } from './freePort.ts';
export { ATTACKS, type Attack, forkAttackers, HostileSocket, type HostileTarget, seal } from './hostile/index.ts';
export { type ByteEnd, LinkedPair, type LinkOptions } from './link.ts';
export { propertyOptions, SEED, seededRandom } from './seed.ts';
export { loadVectorFile, loadVectors, type Vector, vectorFiles } from './vectors.ts';
export { inVirtualTime } from './virtualTime.ts';
