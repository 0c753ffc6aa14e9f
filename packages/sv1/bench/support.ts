import { encodeText, type JsonValue } from '@stratumkit/codec';
import { encodeCall, methodOf } from '@stratumkit/sv1';

const HASH = 'ab'.repeat(32);

/** Parameters of every method as they stand on a line. */
const PARAMS: Readonly<Record<string, JsonValue>> = {
  'mining.configure': [['version-rolling'], { 'version-rolling.mask': 'ffffffff', 'version-rolling.min-bit-count': 2 }],
  'mining.subscribe': ['bitaxe/BM1368/v2.9.0'],
  'mining.authorize': ['bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4.worker', 'x'],
  'mining.submit': ['worker.001', '1f', '0000002a00000000', '69c4e2a1', '000bee00', '00c00000'],
  'mining.extranonce.subscribe': [],
  'mining.suggest_difficulty': [1024],
  'mining.suggest_target': [`00000000ffff${'0'.repeat(52)}`],
  'mining.multi_version': [4],
  'mining.get_transactions': ['1f'],
  'mining.ping': [],
  'mining.notify': [
    '1f',
    HASH,
    '01'.repeat(90),
    '02'.repeat(150),
    Array.from({ length: 12 }, () => HASH),
    '20000000',
    '1702ab12',
    '69c4e2a1',
    true,
  ],
  'mining.set_difficulty': [1024],
  'mining.set_extranonce': ['0102', 8],
  'mining.set_version_mask': ['1fffe000'],
  'client.reconnect': ['pool.example', 3333, 5],
  'client.show_message': ['hello'],
  'client.get_version': [],
};

export interface Sample {
  readonly name: string;
  /** Without its line feed. */
  readonly line: Uint8Array;
  readonly text: string;
  readonly params: unknown;
}

/** A call of every method. */
export function samples(): readonly Sample[] {
  return Object.entries(PARAMS).map(([name, params]) => {
    const line = encodeCall({ id: '4', method: name, params }).subarray(0, -1);
    const text = new TextDecoder().decode(line);
    if (encodeText(text).length !== line.length) throw new Error(`${name}: not ASCII`);
    return { name, line, text, params: methodOf(name)!.parseParams(params) };
  });
}
