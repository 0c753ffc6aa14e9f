import { decodeAddress, NETWORKS } from '@stratumkit/bitcoin';
import { encodeText } from '@stratumkit/codec';

const MAX_IDENTITY_BYTES = 255;
/** What must not be in an identity (spec 3.1: printable text), with the marks that turn text around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** `sri/...` and bare addresses: identities that say whom a block pays. */
export function isPayoutIdentity(identity: string): boolean {
  return identity.startsWith('sri/') || payeeScript(identity.split('.', 1)[0]!) !== undefined;
}

/**
 * Identity of the upstream channel of one miner. One that says whom to pay is passed on as it is, the miner's own before the
 * configured one; else the worker's name is put behind the configured identity.
 */
export function channelIdentity(configured: string, workerName: string): string {
  const own = printable(workerName);
  if (isPayoutIdentity(own)) return own;
  if (configured === '') return own;
  if (configured.startsWith('sri/')) return configured;
  return printable(`${configured}.${workerOf(workerName)}`);
}

/**
 * The worker's name alone, for the TLV of extension 0x0002: what stands behind the first dot, the last part of a `sri/...` name, or
 * all of it.
 */
export function workerOf(workerName: string): string {
  const name = printable(workerName);
  const at = name.startsWith('sri/') ? name.lastIndexOf('/') : name.indexOf('.');
  return at < 0 || at === name.length - 1 ? name : name.slice(at + 1);
}

/** Script of an address of any network. */
export function payeeScript(address: string): Uint8Array | undefined {
  for (const network of NETWORKS) {
    const decoded = decodeAddress(address, network);
    if ('script' in decoded) return decoded.script;
  }
  return undefined;
}

function printable(text: string): string {
  let clean = text.replace(UNPRINTABLE, '');
  while (encodeText(clean).length > MAX_IDENTITY_BYTES) clean = [...clean].slice(0, -1).join('');
  return clean;
}
