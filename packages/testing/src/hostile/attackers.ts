/** The attackers in a process of their own: `attackers.ts HOST PORT COPIES` makes every attack that often, all at once. */
import { fastCrypto } from '@stratumkit/accelerate';
import { ATTACKS } from './attacks.ts';

const [host = '127.0.0.1', port, copies] = process.argv.slice(2);
// Attackers that are slow themselves would run into the wrong deadlines.
const target = { host, port: Number(port), crypto: fastCrypto };
await Promise.all(ATTACKS.flatMap((attack) => Array.from({ length: Number(copies) }, () => attack.run(target))));
