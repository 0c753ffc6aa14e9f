import { readdirSync, readFileSync } from 'node:fs';

/** Descriptors left for files, upstreams and workers. */
const RESERVE = 16;

/**
 * Sockets this process can still open by its limit of file descriptors, a reserve left aside. When none are left the system
 * drops new connections without a word to the program, so it has to stop before. `Infinity` where the system does not tell.
 */
export function descriptorRoom(): number {
  try {
    const limit = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    if (limit === undefined) return Number.POSITIVE_INFINITY;
    return Math.max(1, Number(limit) - readdirSync('/proc/self/fd').length - RESERVE);
  } catch {
    // No /proc: not Linux.
    return Number.POSITIVE_INFINITY;
  }
}
