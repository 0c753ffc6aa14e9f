import {
  b016m,
  b032,
  b064k,
  b0255,
  bool,
  bytes,
  defineMessage,
  type Field,
  f32,
  mac,
  option,
  pubkey,
  seq064k,
  seq0255,
  signature,
  str0255,
  u8,
  u16,
  u24,
  u32,
  u64,
  u256,
} from '@stratumkit/codec';

/** One field of every type, sequences of fixed and of variable elements among them. */
export const FIELDS: readonly Field<unknown>[] = [
  bool(),
  u8(),
  u16(),
  u24(),
  u32(),
  u64(),
  f32(),
  u256(),
  pubkey(),
  signature(),
  mac(),
  bytes(7),
  str0255(),
  b032(),
  b0255(),
  b064k(),
  b016m(),
  option(u32()),
  seq0255(u256()),
  seq0255(str0255()),
  seq064k(u16()),
  seq064k(u32()),
  seq064k(b016m()),
  seq0255(option(b032())),
] as Field<unknown>[];

export function fieldOfType(typeName: string): Field<unknown> {
  const field = FIELDS.find((candidate) => candidate.typeName === typeName);
  if (field === undefined) throw new Error(`no field of type ${typeName}`);
  return field;
}

/** A message whose only field is `value`. */
export function holding<T>(field: Field<T>) {
  return defineMessage({
    name: 'Test',
    messageType: 0,
    channelMessage: false,
    sentBy: 'either',
    spec: '3.1',
    fields: { value: field },
  });
}
