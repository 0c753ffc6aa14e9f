/** Where arguments and results lie, 32 bytes each, big-endian. */
export const io: usize = memory.data(192, 8);
