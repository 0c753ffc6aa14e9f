import type { MessageDefinition, Sender } from '@stratumkit/codec';
import { ALL_MESSAGES, MESSAGES_BY_GROUP, type MessageGroup } from '@stratumkit/messages';
import { SETUP_CONNECTION_ERROR_CODES } from '@stratumkit/messages/common';
import { TLV_DEFINITIONS } from '@stratumkit/messages/extensions';
import { DECLARE_MINING_JOB_ERROR_CODES, JOB_DECLARATION_SETUP_FLAGS } from '@stratumkit/messages/job-declaration';
import {
  MINING_SETUP_FLAGS,
  MINING_SETUP_SUCCESS_FLAGS,
  OPEN_MINING_CHANNEL_ERROR_CODES,
  SET_CUSTOM_MINING_JOB_ERROR_CODES,
  SUBMIT_SHARES_ERROR_CODES,
  UPDATE_CHANNEL_ERROR_CODES,
} from '@stratumkit/messages/mining';
import { REQUEST_TRANSACTION_DATA_ERROR_CODES } from '@stratumkit/messages/template-distribution';
import { page as pageOf, table } from './markdown.ts';

/** Where the pages go. */
export const PROTOCOL_DOCS: URL = new URL('../docs/protocol/', import.meta.url);

const NOTICE = '<!-- Written by `pnpm docs` from the definitions in packages/messages. Do not edit. -->';

const TITLES: Readonly<Record<MessageGroup, string>> = {
  common: 'Common messages',
  mining: 'Mining Protocol',
  'job-declaration': 'Job Declaration Protocol',
  'template-distribution': 'Template Distribution Protocol',
  extensions: 'Extensions',
};

const SENDERS: Readonly<Record<Sender, string>> = {
  upstream: 'upstream → downstream',
  downstream: 'downstream → upstream',
  either: 'either way',
};

const ERROR_CODES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'SetupConnection.Error': SETUP_CONNECTION_ERROR_CODES,
  'OpenMiningChannel.Error': OPEN_MINING_CHANNEL_ERROR_CODES,
  'UpdateChannel.Error': UPDATE_CHANNEL_ERROR_CODES,
  'SubmitShares.Error': SUBMIT_SHARES_ERROR_CODES,
  'SetCustomMiningJob.Error': SET_CUSTOM_MINING_JOB_ERROR_CODES,
  'DeclareMiningJob.Error': DECLARE_MINING_JOB_ERROR_CODES,
  'RequestTransactionData.Error': REQUEST_TRANSACTION_DATA_ERROR_CODES,
};

/** What stands behind the messages of a group. */
const APPENDICES: Readonly<Partial<Record<MessageGroup, () => string>>> = {
  mining: () =>
    [
      flagTable('Flags of SetupConnection and SetupConnection.Error', MINING_SETUP_FLAGS),
      flagTable('Flags of SetupConnection.Success', MINING_SETUP_SUCCESS_FLAGS),
    ].join('\n\n'),
  'job-declaration': () => flagTable('Flags of SetupConnection and SetupConnection.Error', JOB_DECLARATION_SETUP_FLAGS),
  extensions: tlvTable,
};

/** Every page by its file name. */
export function protocolPages(): ReadonlyMap<string, string> {
  const groups = Object.keys(TITLES) as MessageGroup[];
  return new Map([
    ['README.md', indexPage(groups)],
    ...groups.map((group) => [`${group}.md`, groupPage(group)] as const),
  ]);
}

function indexPage(groups: readonly MessageGroup[]): string {
  return pageOf(NOTICE, [
    '# The protocol, message by message',
    `All ${ALL_MESSAGES.length} messages. Sizes are of the payload in bytes, without frame header and TLV fields. Upstream is the side nearer to the node, downstream the side nearer to the miners.`,
    ...groups.map((group) => `## [${TITLES[group]}](${group}.md)\n\n${messageTable(group)}`),
  ]);
}

function groupPage(group: MessageGroup): string {
  const appendix = APPENDICES[group]?.();
  return pageOf(NOTICE, [
    `# ${TITLES[group]}`,
    ...MESSAGES_BY_GROUP[group].map(messageSection),
    ...(appendix === undefined ? [] : [appendix]),
  ]);
}

function messageTable(group: MessageGroup): string {
  const rows = MESSAGES_BY_GROUP[group].map((definition) => [
    hex(definition.messageType),
    `[${definition.name}](${group}.md#${anchor(definition.name)})`,
    SENDERS[definition.sentBy],
    definition.channelMessage ? 'yes' : 'no',
    sizes(definition),
    definition.spec,
  ]);
  return table(['Type', 'Message', 'Sent', 'Channel message', 'Size', 'Spec'], rows);
}

function messageSection(definition: MessageDefinition): string {
  const { name, messageType, extensionType, channelMessage, sentBy, spec, doc, fields, specNames } = definition;
  const extension = extensionType === 0 ? '' : `, extension ${hex(extensionType, 4)}`;
  const facts = [
    `type ${hex(messageType)}${extension}`,
    channelMessage ? 'channel message' : 'not a channel message',
    SENDERS[sentBy],
    `${sizes(definition)} bytes`,
    spec.startsWith('ext') ? spec : `spec ${spec}`,
  ];
  const rows = Object.entries(fields).map(([field, { typeName, doc: fieldDoc }]) => [
    `\`${specNames[field]}\``,
    `\`${typeName}\``,
    fieldDoc,
  ]);
  const codes = Object.values(ERROR_CODES[name] ?? {}).map((code) => `\`${code}\``);
  return [
    `## ${name}`,
    doc,
    `${facts.join(' · ')}`,
    table(['Field', 'Type', 'Meaning'], rows),
    ...(codes.length === 0 ? [] : [`Error codes in use: ${codes.join(', ')}.`]),
  ].join('\n\n');
}

function flagTable(title: string, flags: Readonly<Record<string, number>>): string {
  const rows = Object.entries(flags).map(([name, value]) => [String(Math.log2(value)), `\`${constantName(name)}\``]);
  return `## ${title}\n\n${table(['Bit', 'Flag'], rows)}`;
}

function tlvTable(): string {
  const rows = TLV_DEFINITIONS.map(({ name, extensionType, fieldType, maxLength }) => [
    hex(extensionType, 4),
    hex(fieldType),
    `\`${name}\``,
    String(maxLength),
  ]);
  return `## TLV fields\n\n${table(['Extension', 'Field type', 'Field', 'Longest value'], rows)}`;
}

function sizes({ minSize, maxSize }: MessageDefinition): string {
  const format = (size: number): string => size.toLocaleString('en-US');
  return minSize === maxSize ? format(minSize) : `${format(minSize)} to ${format(maxSize)}`;
}

function hex(value: number, digits = 2): string {
  return `0x${value.toString(16).padStart(digits, '0')}`;
}

function anchor(name: string): string {
  return name.toLowerCase().replaceAll('.', '');
}

function constantName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}
