export { ATTACKS, type Attack } from './attacks.ts';
export { forkAttackers } from './forkAttackers.ts';
export { HostileSocket, type HostileTarget, seal } from './hostileSocket.ts';
