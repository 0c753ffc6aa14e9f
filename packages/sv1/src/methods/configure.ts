import type { JsonValue } from '@stratumkit/codec';
import { defineMethod } from '../method.ts';
import { formatWord, type Reading } from '../reading.ts';

/** What a miner asks for with `mining.configure` (BIP310). An extension that is undefined was not asked for. */
export interface ConfigureParams {
  /** Every extension that was named, known or not, in order. */
  readonly extensions: readonly string[];
  /** The bits it could change, and the least number of them that is of use to it. */
  readonly versionRolling?: { readonly mask: number; readonly minBitCount: number } | undefined;
  readonly minimumDifficulty?: number | undefined;
  readonly info?: MinerInfo | undefined;
}

/** What a miner tells of itself with the extension `info` (BIP310). Its own words: escape them before they are shown. */
export interface MinerInfo {
  readonly connectionUrl?: string | undefined;
  readonly hardwareVersion?: string | undefined;
  readonly softwareVersion?: string | undefined;
  readonly hardwareId?: string | undefined;
}

/** What the server grants: true, or false, or the reason why not. An extension that is undefined was not asked for. */
export interface ConfigureResult {
  readonly versionRolling?: boolean | string | undefined;
  /** Bits the miner may change; there exactly if version rolling was granted. */
  readonly versionRollingMask?: number | undefined;
  readonly minimumDifficulty?: boolean | string | undefined;
  readonly subscribeExtranonce?: boolean | string | undefined;
  readonly info?: boolean | string | undefined;
}

const DEFAULT_MASK = 0xffff_ffff;

/** `mining.configure` (BIP310), to the server. Masks are 32 bits, hex on the line. */
export const Configure = defineMethod<'mining.configure', ConfigureParams, ConfigureResult>({
  name: 'mining.configure',
  calledBy: 'client',
  doc: 'Asks for extensions: version-rolling, minimum-difficulty, subscribe-extranonce, info (BIP310).',
  readParams(json) {
    const extensions = json.at(0, 'extensions').each((name) => name.text());
    const options = json.at(1, 'options');
    const asked = (name: string): boolean => extensions.includes(name);
    const option = (name: string): Reading => (options.isAbsent ? options : options.member(name));
    return {
      extensions,
      versionRolling: asked('version-rolling')
        ? {
            mask: option('version-rolling.mask').optional((value) => value.word()) ?? DEFAULT_MASK,
            minBitCount: option('version-rolling.min-bit-count').optional((value) => bitCount(value)) ?? 0,
          }
        : undefined,
      minimumDifficulty: asked('minimum-difficulty') ? option('minimum-difficulty.value').positive() : undefined,
      info: asked('info')
        ? {
            connectionUrl: option('info.connection-url').optional((value) => value.text()),
            hardwareVersion: option('info.hw-version').optional((value) => value.text()),
            softwareVersion: option('info.sw-version').optional((value) => value.text()),
            hardwareId: option('info.hw-id').optional((value) => value.text()),
          }
        : undefined,
    };
  },
  formatParams({ extensions, versionRolling, minimumDifficulty, info }) {
    return [
      extensions,
      present({
        'version-rolling.mask': versionRolling && formatWord(versionRolling.mask),
        'version-rolling.min-bit-count': versionRolling?.minBitCount,
        'minimum-difficulty.value': minimumDifficulty,
        'info.connection-url': info?.connectionUrl,
        'info.hw-version': info?.hardwareVersion,
        'info.sw-version': info?.softwareVersion,
        'info.hw-id': info?.hardwareId,
      }),
    ];
  },
  readResult(json) {
    return {
      versionRolling: json.member('version-rolling').optional(granted),
      versionRollingMask: json.member('version-rolling.mask').optional((value) => value.word()),
      minimumDifficulty: json.member('minimum-difficulty').optional(granted),
      subscribeExtranonce: json.member('subscribe-extranonce').optional(granted),
      info: json.member('info').optional(granted),
    };
  },
  formatResult(result) {
    return present({
      'version-rolling': result.versionRolling,
      'version-rolling.mask':
        result.versionRollingMask === undefined ? undefined : formatWord(result.versionRollingMask),
      'minimum-difficulty': result.minimumDifficulty,
      'subscribe-extranonce': result.subscribeExtranonce,
      info: result.info,
    });
  },
});

/** A number by BIP310; some firmware sends it as text. */
function bitCount(value: Reading): number {
  return typeof value.json === 'string' ? Math.min(value.word(), 32) : value.integer(0, 32);
}

function granted(value: Reading): boolean | string {
  return typeof value.json === 'string' ? value.text() : value.boolean();
}

function present(members: Readonly<Record<string, JsonValue | undefined>>): JsonValue {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as JsonValue;
}
