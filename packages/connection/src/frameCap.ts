import type { MessageDefinition } from '@stratumkit/codec';
import type { ConnectionLimits } from './limits.ts';

/** Largest payload accepted for a message, decided on its header. A shorter limit of its own goes before the definition's. */
export function maxPayloadOf(definition: MessageDefinition | undefined, limits: ConnectionLimits): number {
  if (definition === undefined) return limits.maxUnknownPayload;
  const own = limits.payloadSizes[definition.name] ?? definition.maxSize;
  return Math.min(own, definition.maxSize) + limits.maxTrailingBytes;
}
