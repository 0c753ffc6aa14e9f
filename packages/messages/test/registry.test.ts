import {
  ALL_MESSAGES,
  decodeMessage,
  definitionOf,
  type MiningMessage,
  PROTOCOL_IDS,
  type Protocol,
  protocolOfId,
} from '@stratumkit/messages';
import { SetupConnection } from '@stratumkit/messages/common';
import * as extensions from '@stratumkit/messages/extensions';
import * as mining from '@stratumkit/messages/mining';
import * as templateDistribution from '@stratumkit/messages/template-distribution';
import { describe, expect, expectTypeOf, it } from 'vitest';

/** Section 8 of the spec, line by line: type, channel_msg bit, name. */
const SPEC_TABLE: Readonly<Record<'common' | Protocol, readonly string[]>> = {
  common: [
    '00 0 SetupConnection',
    '01 0 SetupConnection.Success',
    '02 0 SetupConnection.Error',
    '03 1 ChannelEndpointChanged',
    '04 0 Reconnect',
  ],
  mining: [
    '10 0 OpenStandardMiningChannel',
    '11 0 OpenStandardMiningChannel.Success',
    '12 0 OpenMiningChannel.Error',
    '13 0 OpenExtendedMiningChannel',
    '14 0 OpenExtendedMiningChannel.Success',
    '15 1 NewMiningJob',
    '16 1 UpdateChannel',
    '17 1 UpdateChannel.Error',
    '18 1 CloseChannel',
    '19 1 SetExtranoncePrefix',
    '1a 1 SubmitSharesStandard',
    '1b 1 SubmitSharesExtended',
    '1c 1 SubmitShares.Success',
    '1d 1 SubmitShares.Error',
    '1f 1 NewExtendedMiningJob',
    '20 1 SetNewPrevHash',
    '21 1 SetTarget',
    '22 1 SetCustomMiningJob',
    '23 1 SetCustomMiningJob.Success',
    '24 1 SetCustomMiningJob.Error',
    '25 0 SetGroupChannel',
  ],
  'job-declaration': [
    '50 0 AllocateMiningJobToken',
    '51 0 AllocateMiningJobToken.Success',
    '55 0 ProvideMissingTransactions',
    '56 0 ProvideMissingTransactions.Success',
    '57 0 DeclareMiningJob',
    '58 0 DeclareMiningJob.Success',
    '59 0 DeclareMiningJob.Error',
    '60 0 PushSolution',
  ],
  'template-distribution': [
    '70 0 CoinbaseOutputConstraints',
    '71 0 NewTemplate',
    '72 0 SetNewPrevHash',
    '73 0 RequestTransactionData',
    '74 0 RequestTransactionData.Success',
    '75 0 RequestTransactionData.Error',
    '76 0 SubmitSolution',
  ],
};

/** What the registry knows of an extension in one subprotocol, in the form of the table. */
function registered(protocol: Protocol, extensionType: number): string[] {
  return Array.from({ length: 256 }, (_, type) => definitionOf(protocol, extensionType, type))
    .filter((definition) => definition !== undefined)
    .map(({ messageType, channelMessage, name }) => {
      return `${messageType.toString(16).padStart(2, '0')} ${channelMessage ? 1 : 0} ${name}`;
    });
}

const PROTOCOLS = Object.keys(PROTOCOL_IDS) as Protocol[];

describe('the registry', () => {
  it.each(PROTOCOLS)('holds exactly the messages of section 8 for %s', (protocol) => {
    expect(registered(protocol, 0)).toEqual([...SPEC_TABLE.common, ...SPEC_TABLE[protocol]]);
  });

  it.each(PROTOCOLS)('holds exactly the messages of extension 0x0001 for %s', (protocol) => {
    expect(registered(protocol, 1)).toEqual([
      '00 0 RequestExtensions',
      '01 0 RequestExtensions.Success',
      '02 0 RequestExtensions.Error',
    ]);
  });

  it.each([2, 3, 0x7fff, 0x8000, -1])('holds nothing for extension %d', (extensionType) => {
    expect(registered('mining', extensionType)).toEqual([]);
  });

  it.each([-1, 256, 0.5, Number.NaN])('holds nothing for message type %d', (messageType) => {
    expect(definitionOf('mining', 0, messageType)).toBeUndefined();
  });

  it('tells the two SetNewPrevHash apart by subprotocol', () => {
    expect(definitionOf('mining', 0, 0x20)).toBe(mining.SetNewPrevHash);
    expect(definitionOf('template-distribution', 0, 0x72)).toBe(templateDistribution.SetNewPrevHash);
    expect(definitionOf('mining', 0, 0x72)).toBeUndefined();
  });

  it('has a doc for every message and every field', () => {
    for (const { name, doc, fields } of ALL_MESSAGES) {
      expect(doc, name).not.toBe('');
      for (const [field, { doc: fieldDoc }] of Object.entries(fields))
        expect(fieldDoc, `${name}.${field}`).not.toBe('');
    }
  });
});

describe('decodeMessage', () => {
  const payload = mining.CloseChannel.encode({ channelId: 7, reasonCode: 'done' });

  it('gives name, value and the bytes behind', () => {
    const frame = { extensionType: 0, messageType: 0x18, payload: Uint8Array.from([...payload, 1, 2]) };
    expect(decodeMessage('mining', frame)).toEqual({
      name: 'CloseChannel',
      value: { channelId: 7, reasonCode: 'done' },
      rest: Uint8Array.of(1, 2),
    });
  });

  it('gives undefined for what the subprotocol does not know', () => {
    expect(decodeMessage('template-distribution', { extensionType: 0, messageType: 0x18, payload })).toBeUndefined();
    expect(decodeMessage('mining', { extensionType: 0x4001, messageType: 0x18, payload })).toBeUndefined();
    expect(decodeMessage('mining', { extensionType: 0, messageType: 0x1e, payload })).toBeUndefined();
  });

  it('is typed by subprotocol and told apart by name', () => {
    const decoded = decodeMessage('mining', { extensionType: 0, messageType: 0x18, payload })!;
    expectTypeOf(decoded).toExtend<MiningMessage>();
    if (decoded.name === 'SetNewPrevHash') expectTypeOf(decoded.value).toEqualTypeOf<mining.SetNewPrevHash>();
    if (decoded.name === 'RequestExtensions') expectTypeOf(decoded.value).toEqualTypeOf<extensions.RequestExtensions>();
    if (decoded.name === 'SetupConnection') expectTypeOf(decoded.value).toEqualTypeOf<SetupConnection>();
  });
});

describe('subprotocols', () => {
  it('have the numbers of SetupConnection.protocol', () => {
    expect([0, 1, 2].map(protocolOfId)).toEqual(['mining', 'job-declaration', 'template-distribution']);
    expect([-1, 3, 255].map(protocolOfId)).toEqual([undefined, undefined, undefined]);
  });
});

describe('sizes the spec or its users state', () => {
  it.each([
    [mining.SetGroupChannel, 6, 262_146],
    [extensions.RequestExtensions, 4, 131_074],
    [mining.NewMiningJob, 45, 49],
    [mining.SubmitSharesStandard, 24, 24],
    [mining.SubmitSharesExtended, 25, 57],
    [mining.SubmitSharesSuccess, 20, 20],
    [SetupConnection, 1 + 2 + 2 + 4 + 1 + 2 + 4, 1 + 2 + 2 + 4 + 256 + 2 + 4 * 256],
  ])('%o', (definition, minSize, maxSize) => {
    expect(definition).toMatchObject({ minSize, maxSize });
  });
});
