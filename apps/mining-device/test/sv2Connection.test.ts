import { encodeFrame, FRAME_HEADER_SIZE } from '@stratumkit/framing';
import { SetupConnection, SetupConnectionSuccess } from '@stratumkit/messages/common';
import { describe, expect, it } from 'vitest';
import type { MiningDeviceOptions } from '../src/index.ts';
import { createUpstreamConnection, setupFlags } from '../src/upstream/sv2Connection.ts';

const now = { monotonicMs: 0, unixSeconds: 1_700_000_000 };
const upstream = { host: 'pool.example', port: 3333 };
const device = (changes: Partial<MiningDeviceOptions>): MiningDeviceOptions => ({
  upstreams: [upstream],
  security: 'plain',
  userIdentity: 'alice',
  ...changes,
});

/** What becomes of the connection when the server answers with these flags. */
function answered(flags: number, changes: Partial<MiningDeviceOptions>) {
  const connection = createUpstreamConnection(
    upstream,
    device(changes),
    (size) => new Uint8Array(size),
    now,
    undefined,
  );
  connection.push(encodeFrame(SetupConnectionSuccess, { usedVersion: 2, flags }), now);
  return connection.next();
}

describe('flags of SetupConnection.Success', () => {
  it.each([
    ['standard', 0b00, 'ready'],
    ['standard', 0b01, 'ready'],
    ['standard', 0b10, 'closed'],
    ['standard', 0b11, 'closed'],
    ['extended', 0b01, 'ready'],
    ['extended', 0b11, 'ready'],
  ] as const)('for a %s channel, %i: %s', (channel, flags, type) => {
    expect(answered(flags, { channel })).toMatchObject({ type });
  });

  it('are named when they do not fit', () => {
    const detail = { flags: 0b10, reason: 'only extended channels' };
    expect(answered(0b10, {})).toMatchObject({ cause: 'setup-mismatch', detail });
  });
});

it('says who made it and not which device it is', () => {
  const random = (size: number) => new Uint8Array(size);
  const frame = createUpstreamConnection(upstream, device({}), random, now, undefined).takeBytes()!;
  expect(SetupConnection.decode(frame.subarray(FRAME_HEADER_SIZE))).toMatchObject({
    vendor: 'stratumkit',
    hardwareVersion: 'simulated',
    firmware: 'mining-device',
    deviceId: '',
  });
});

it('requires standard jobs only of a device alone on a standard channel', () => {
  expect(setupFlags(device({}))).toBe(1);
  expect(setupFlags(device({ devices: 3, connections: 'shared' }))).toBe(0);
  expect(setupFlags(device({ channel: 'extended' }))).toBe(0);
});
