import { decodeText } from '@stratumkit/codec';
import type { TlvField } from '@stratumkit/framing';
import { USER_IDENTITY_TLV } from '@stratumkit/messages/extensions';

/**
 * The worker named by the TLV of extension 0x0002, noted in `known`. Names beyond the limit are not told apart.
 */
export function workerNameOf(
  tlvs: readonly TlvField[],
  known: Set<string>,
  maxWorkers: number,
): { readonly worker: string | undefined; readonly isNew: boolean } {
  const { extensionType, fieldType } = USER_IDENTITY_TLV;
  const field = tlvs.find((tlv) => tlv.extensionType === extensionType && tlv.fieldType === fieldType);
  if (field === undefined) return { worker: undefined, isNew: false };
  const worker = decodeText(field.value);
  if (known.has(worker)) return { worker, isNew: false };
  if (known.size >= maxWorkers) return { worker: undefined, isNew: false };
  known.add(worker);
  return { worker, isNew: true };
}
