import { expect, it, vi } from 'vitest';
import { logEvent } from '../src/logEvent.ts';

function logged(event: Parameters<typeof logEvent>[1]) {
  const write = vi.fn();
  const log = { isLevelEnabled: () => true, trace: write, debug: write, info: write, warn: write, error: write };
  logEvent(log, event);
  return write.mock.calls[0];
}

it('names key and value where the network of the configuration is not the one of the template provider', () => {
  const [fields, text] = logged({ type: 'networkMismatch', network: 'mainnet', nbits: 0x207fffff }) ?? [];
  expect(text).toBe('the template provider is not on the network of the configuration');
  expect(fields).toMatchObject({
    network: 'mainnet',
    hint: expect.stringMatching(/^network is "mainnet".*nbits 207fffff: set network to/),
  });
});

it('says what to do where the template provider is not reached', () => {
  const cause = 'connect-failed';
  const [fields] = logged({ type: 'templateProviderUnreachable', address: '127.0.0.1:1', cause, retryInMs: 1 }) ?? [];
  expect(fields).toMatchObject({ cause, hint: expect.stringContaining('check host and port') });
});
