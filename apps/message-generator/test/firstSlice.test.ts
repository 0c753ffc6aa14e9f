import { describe, expect, it } from 'vitest';
import { formatReport } from '../src/index.ts';
import { play, waitForEnd } from './helpers.ts';

const server = {
  actions: [
    { role: 'server', message_ids: [], results: [{ type: 'match_message_type', value: '0x00' }] },
    { role: 'server', message_ids: ['setup_ok', 'open_ok'], results: [] },
    ...waitForEnd('server'),
  ],
};
const client = (extranonceSize: number) => ({
  actions: [
    {
      role: 'client',
      actiondoc: 'opens a channel',
      message_ids: ['setup'],
      results: [
        { type: 'match_message_field', value: ['CommonMessages', 'SetupConnectionSuccess', [['flags', { U32: 0 }]]] },
        {
          type: 'match_message_field',
          value: ['MiningProtocol', 'OpenExtendedMiningChannelSuccess', [['extranonce_size', { U16: extranonceSize }]]],
        },
      ],
    },
  ],
});

describe.each([false, true])('a client, encrypted: %s', (encrypted) => {
  it('passes when the server answers as expected', async () => {
    const report = await play(server, client(16), { encrypted });
    expect(report.client).toMatchObject({ outcome: 'passed', failures: [] });
  });

  it('fails with file, line, action, result, expected, received and both messages', async () => {
    const { client: report } = await play(server, client(17), { encrypted });
    expect(report.failures).toMatchObject([
      { file: 'client.json', action: 1, actionDoc: 'opens a channel', result: 2, resultType: 'match_message_field' },
    ]);
    const text = formatReport(report);
    expect(text).toContain('client.json:1, action 1, "opens a channel", result 2 (match_message_field)');
    expect(text).toContain('expected  extranonce_size = 17');
    expect(text).toContain('received  OpenExtendedMiningChannel.Success (0x14) with extranonce_size = 16');
    expect(text).toMatch(/^ +request_id +- +90$/m);
    expect(text).toMatch(/^ +> extranonce_size +17 +16$/m);
    expect(text).toContain('seed 1');
  });
});
