import * as common from '@stratumkit/messages/common';
import { TLV_DEFINITIONS, USER_IDENTITY_TLV } from '@stratumkit/messages/extensions';
import * as jobDeclaration from '@stratumkit/messages/job-declaration';
import * as mining from '@stratumkit/messages/mining';
import * as templateDistribution from '@stratumkit/messages/template-distribution';
import { describe, expect, it } from 'vitest';

describe('error codes', () => {
  it.each([
    ['SetupConnection.Error', common.SETUP_CONNECTION_ERROR_CODES],
    ['OpenMiningChannel.Error', mining.OPEN_MINING_CHANNEL_ERROR_CODES],
    ['UpdateChannel.Error', mining.UPDATE_CHANNEL_ERROR_CODES],
    ['SubmitShares.Error', mining.SUBMIT_SHARES_ERROR_CODES],
    ['SetCustomMiningJob.Error', mining.SET_CUSTOM_MINING_JOB_ERROR_CODES],
    ['DeclareMiningJob.Error', jobDeclaration.DECLARE_MINING_JOB_ERROR_CODES],
    ['RequestTransactionData.Error', templateDistribution.REQUEST_TRANSACTION_DATA_ERROR_CODES],
  ])('of %s are kebab-case ASCII, named by their camelCase', (_message, codes) => {
    for (const [name, code] of Object.entries(codes)) {
      expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
      expect(name).toBe(code.replace(/-([a-z])/g, (_match, letter: string) => letter.toUpperCase()));
    }
  });
});

describe('setup flags', () => {
  it('have the bits of spec 5.3.1 and 6.4.1', () => {
    expect(mining.MINING_SETUP_FLAGS).toEqual({
      requiresStandardJobs: 1,
      requiresWorkSelection: 2,
      requiresVersionRolling: 4,
    });
    expect(mining.MINING_SETUP_SUCCESS_FLAGS).toEqual({ requiresFixedVersion: 1, requiresExtendedChannels: 2 });
    expect(jobDeclaration.JOB_DECLARATION_SETUP_FLAGS).toEqual({ declareTxData: 1 });
  });
});

describe('TLV fields', () => {
  it('name the worker of a share', () => {
    expect(USER_IDENTITY_TLV).toEqual({ name: 'user_identity', extensionType: 2, fieldType: 1, maxLength: 32 });
    expect(TLV_DEFINITIONS).toContain(USER_IDENTITY_TLV);
  });
});
