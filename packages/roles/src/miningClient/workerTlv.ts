import { encodeText } from '@stratumkit/codec';
import type { TlvField } from '@stratumkit/framing';
import { USER_IDENTITY_TLV } from '@stratumkit/messages/extensions';

/** The worker's name behind a share (extension 0x0002), cut to the 32 bytes that the extension allows. */
export function workerTlv(worker: string): TlvField {
  const { extensionType, fieldType, maxLength } = USER_IDENTITY_TLV;
  let value = encodeText(worker);
  if (value.length > maxLength) {
    let end = maxLength;
    while (end > 0 && (value[end]! & 0xc0) === 0x80) end--;
    value = value.subarray(0, end);
  }
  return { extensionType, fieldType, value };
}
