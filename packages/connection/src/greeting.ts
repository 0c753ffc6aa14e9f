import type { CloseCause } from './closeCause.ts';

/** Who knocks at the wrong door, told by the first bytes. */
export type Greeting = Extract<CloseCause, `${string}-greeting`>;

const HTTP_STARTS = [
  'GET /',
  'HEAD /',
  'POST /',
  'PUT /',
  'OPTION',
  'CONNEC',
  'DELETE',
  'PATCH ',
  'TRACE ',
  'PRI * ',
  'HTTP/1',
];
const SHORTEST_JSON = 16;

/**
 * Names a first message that is no Stratum V2. Safe on the random bytes of a Noise act: each rule holds for less than one act
 * in 2^30. The verdict depends on the bytes alone, not on how many of them came at once.
 *
 * @param bytes what came first, 64 bytes of it at most
 * @param expected what should have come
 */
export function recogniseGreeting(bytes: Uint8Array, expected: 'noise' | 'frame'): Greeting | undefined {
  const start = String.fromCharCode(...bytes.subarray(0, 6));
  if (HTTP_STARTS.some((text) => start.startsWith(text))) return 'http-greeting';
  if (start === 'PROXY ' || start === '\r\n\r\n\0\r') return 'proxy-protocol-greeting';
  if (bytes.length < 6) return undefined;
  // A TLS record of the type handshake, version 3.x, that begins with a client hello.
  if (bytes[0] === 0x16 && bytes[1] === 0x03 && bytes[2]! <= 0x04 && bytes[5] === 0x01) return 'tls-greeting';
  const looksLikeJson = bytes[0] === 0x7b || bytes[0] === 0x5b;
  if (expected === 'frame') return looksLikeJson && isText(bytes.subarray(0, 6)) ? 'sv1-greeting' : undefined;
  if (looksLikeJson && bytes.length >= SHORTEST_JSON && isText(bytes.subarray(0, SHORTEST_JSON))) return 'sv1-greeting';
  if (isPlainSetup(bytes)) return 'plain-greeting';
  return bytes.length >= 64 && isText(bytes) ? 'text-greeting' : undefined;
}

/** The header of an unencrypted SetupConnection, a known protocol, and 2 as the lowest version. */
function isPlainSetup(bytes: Uint8Array): boolean {
  if (bytes.length < 9) return false;
  return (
    bytes[0] === 0 &&
    bytes[1] === 0 &&
    bytes[2] === 0 &&
    bytes[5] === 0 &&
    bytes[6]! <= 2 &&
    bytes[7] === 2 &&
    bytes[8] === 0
  );
}

function isText(bytes: Uint8Array): boolean {
  return bytes.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 0x09 || byte === 0x0a || byte === 0x0d);
}
