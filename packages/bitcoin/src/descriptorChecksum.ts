const INPUT_CHARSET =
  '0123456789()[],\'/*abcdefgh@:$%{}IJKLMNOPQRSTUVWXYZ&+-.;<=>?!^_|~ijklmnopqrstuvwxyzABCDEFGH`#"\\ ';
const CHECKSUM_CHARSET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0xf5dee51989n, 0xa9fdca3312n, 0x1bab10e32dn, 0x3706b1677an, 0x644d626ffdn];

/** The eight characters behind `#` (BIP-0380), or undefined when the text holds a character that descriptors cannot. */
export function descriptorChecksum(descriptor: string): string | undefined {
  let state = 1n;
  let group = 0;
  let count = 0;
  for (const character of descriptor) {
    const position = INPUT_CHARSET.indexOf(character);
    if (position < 0) return undefined;
    state = step(state, position & 31);
    group = group * 3 + (position >> 5);
    if (++count === 3) {
      state = step(state, group);
      group = 0;
      count = 0;
    }
  }
  if (count > 0) state = step(state, group);
  for (let i = 0; i < 8; i++) state = step(state, 0);
  state ^= 1n;
  let out = '';
  for (let i = 0; i < 8; i++) out += CHECKSUM_CHARSET[Number((state >> BigInt(5 * (7 - i))) & 31n)];
  return out;
}

function step(state: bigint, value: number): bigint {
  const top = state >> 35n;
  let next = ((state & 0x7ffffffffn) << 5n) ^ BigInt(value);
  GENERATOR.forEach((generator, bit) => {
    if ((top >> BigInt(bit)) & 1n) next ^= generator;
  });
  return next;
}
