import { ConfigError, RemoteError, UsageError } from '@stratumkit/codec';
import { describe, expect, it } from 'vitest';

describe.each([
  ['RemoteError', RemoteError],
  ['UsageError', UsageError],
  ['ConfigError', ConfigError],
] as const)('%s', (name, Kind) => {
  it('carries a code, plain context and a cause', () => {
    const cause = new Error('below');
    const error = new Kind('some-code', 'what went wrong', { context: { limit: 3 }, cause });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code: 'some-code', message: 'what went wrong', context: { limit: 3 }, cause });
  });

  it('has empty context and no cause unless given', () => {
    const error = new Kind('some-code', 'what went wrong');
    expect(error.context).toEqual({});
    expect('cause' in error).toBe(false);
  });
});
