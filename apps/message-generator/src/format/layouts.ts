import type { JsonObject, JsonValue, MessageDefinition } from '@stratumkit/codec';
import { ALL_MESSAGES, MESSAGES_BY_GROUP, type MessageGroup } from '@stratumkit/messages';
import { didYouMean } from './didYouMean.ts';

/** The arrays of a test file that define messages, in the order in which a later one wins over an earlier one of the same id. */
export const MESSAGE_SECTIONS = {
  common_messages: 'common',
  extension_messages: 'extensions',
  job_declaration_messages: 'job-declaration',
  mining_messages: 'mining',
  template_distribution_messages: 'template-distribution',
} as const satisfies Readonly<Record<string, MessageGroup>>;

export type MessageSection = keyof typeof MESSAGE_SECTIONS;

/** The names by which results call the subprotocols. */
export const SUBPROTOCOLS = {
  CommonMessages: 'common',
  MiningProtocol: 'mining',
  JobDeclarationProtocol: 'job-declaration',
  TemplateDistributionProtocol: 'template-distribution',
  Extensions: 'extensions',
} as const satisfies Readonly<Record<string, MessageGroup>>;

export type Subprotocol = keyof typeof SUBPROTOCOLS;

/** How a layout of 2022 to 2025 becomes today's. */
interface Conversion {
  /** Old field name to today's. */
  readonly aliases?: Readonly<Record<string, string>>;
  /** What an old file leaves out. */
  readonly defaults?: Readonly<Record<string, JsonValue>>;
  /** Old fields that today's message has no place for, with the reason why a message that has one cannot be converted. */
  readonly refused?: Readonly<Record<string, string>>;
  /** Old fields that may be dropped. */
  readonly dropped?: readonly string[];
}

const CONVERSIONS: Readonly<Record<string, Conversion>> = {
  'OpenExtendedMiningChannel.Success': { defaults: { group_channel_id: 0 } },
  SetCustomMiningJob: {
    aliases: { token: 'mining_job_token', coinbase_tx_input_n_sequence: 'coinbase_tx_input_nSequence' },
    dropped: ['extranonce_size'],
    refused: {
      coinbase_tx_value_remaining:
        'coinbase_tx_outputs now holds every output, behind their count; the old field cannot be converted',
    },
  },
  'AllocateMiningJobToken.Success': {
    aliases: { coinbase_output: 'coinbase_tx_outputs', coinbase_outputs: 'coinbase_tx_outputs' },
    dropped: ['coinbase_output_max_additional_size', 'async_mining_allowed'],
  },
  DeclareMiningJob: {
    aliases: { coinbase_prefix: 'coinbase_tx_prefix', coinbase_suffix: 'coinbase_tx_suffix' },
    refused: Object.fromEntries(
      ['tx_short_hash_nonce', 'tx_short_hash_list', 'tx_hash_list_hash'].map((field) => [
        field,
        'short transaction hashes cannot be turned into the wtxid_list of today',
      ]),
    ),
  },
  'SetNewPrevHash template-distribution': { aliases: { n_bits: 'nBits', nbits: 'nBits' } },
  'SetNewPrevHash mining': { aliases: { n_bits: 'nbits', nBits: 'nbits' } },
  CoinbaseOutputConstraints: { defaults: { coinbase_output_max_additional_sigops: 0 } },
  PushSolution: { aliases: { n_bits: 'nbits' } },
};

const RENAMED: Readonly<Record<string, string>> = {
  'SubmitSolution job-declaration': 'PushSolution',
  'CoinbaseOutputDataSize template-distribution': 'CoinbaseOutputConstraints',
  'Reconnect mining': 'Reconnect',
};

const REMOVED = ['IdentifyTransactions', 'IdentifyTransactionsSuccess'];

/** A message type looked up by the name a file gives it. */
export type Lookup =
  | { readonly definition: MessageDefinition; readonly warning?: string }
  | { readonly refused: string; readonly definition?: undefined };

/** Looks a type up inside its group, with or without the dot of `X.Success`, or by a name it used to have. */
export function findDefinition(name: string, group: MessageGroup): Lookup {
  const direct = MESSAGES_BY_GROUP[group].find((definition) => sameName(definition.name, name));
  if (direct !== undefined) return { definition: direct };
  if (REMOVED.includes(plain(name))) return { refused: `${name} is gone from the specification` };
  const renamed = RENAMED[`${plain(name)} ${group}`];
  const definition = ALL_MESSAGES.find((candidate) => candidate.name === renamed);
  if (definition === undefined) return { refused: `no message ${name} in this section` };
  const moved = definition.name === name;
  return { definition, warning: moved ? `${name} is a common message now` : `${name} is ${definition.name} now` };
}

/** Every definition a bare name may mean: `SetNewPrevHash` is in two subprotocols. */
export function definitionsNamed(name: string): readonly MessageDefinition[] {
  return ALL_MESSAGES.filter((definition) => sameName(definition.name, name));
}

export function groupOf(definition: MessageDefinition): MessageGroup {
  const groups = Object.keys(MESSAGES_BY_GROUP) as MessageGroup[];
  return groups.find((group) => MESSAGES_BY_GROUP[group].includes(definition)) ?? 'common';
}

/** Today's name of a field, or undefined if the message has none by that name. */
export function fieldNamed(definition: MessageDefinition, name: string): string | undefined {
  const names = Object.values(definition.specNames);
  const alias = conversionOf(definition).aliases?.[name];
  if (names.includes(name)) return name;
  return alias !== undefined && names.includes(alias) ? alias : undefined;
}

export interface Converted {
  readonly fields: JsonObject;
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** The fields of a message of a file under today's names. Fields it lacks are left out; what cannot be converted is an error. */
export function convertFields(definition: MessageDefinition, message: JsonObject): Converted {
  const { aliases = {}, defaults = {}, refused = {}, dropped = [] } = conversionOf(definition);
  const names = Object.values(definition.specNames);
  const fields: Record<string, JsonValue> = {};
  const warnings: string[] = [];
  const errors: string[] = [];
  for (const [key, value] of Object.entries(message)) {
    if (key === 'type') continue;
    if (names.includes(key)) fields[key] = value;
    else if (refused[key] !== undefined) errors.push(`${key}: ${refused[key]}`);
    else if (aliases[key] !== undefined && !Object.hasOwn(message, aliases[key])) {
      fields[aliases[key]] = value;
      warnings.push(`${key} is ${aliases[key]} now`);
    } else if (dropped.includes(key)) warnings.push(`${key} is gone, dropped`);
    else warnings.push(`${key} is no field of it, ignored${didYouMean(key, names)}`);
  }
  for (const [key, value] of Object.entries(defaults)) {
    if (Object.hasOwn(fields, key)) continue;
    fields[key] = value;
    warnings.push(`${key} is missing, ${JSON.stringify(value)} taken`);
  }
  return { fields, warnings, errors };
}

function conversionOf(definition: MessageDefinition): Conversion {
  return CONVERSIONS[definition.name] ?? CONVERSIONS[`${definition.name} ${groupOf(definition)}`] ?? {};
}

function sameName(specName: string, name: string): boolean {
  return specName === name || plain(specName) === name;
}

function plain(name: string): string {
  return name.replaceAll('.', '');
}
