import { MINING_SETUP_FLAGS } from '@stratumkit/messages/mining';
import { propertyOptions } from '@stratumkit/testing';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bodyOf, PoolHarness } from './poolHarness.ts';

const PRINTABLE = /^[ -~]*$/;
/** Controls, escapes of terminals, text outside ASCII, bytes that were no UTF-8. */
const anyText = fc.string({
  unit: fc.constantFrom('\u0000', '\n', '\u001b', '\u007f', '\u009b', '\u202e', 'ä', '\udc80', 'a', '/', '.'),
  maxLength: 40,
});

/** All error codes and reasons that the pool has sent. */
function reasonsOf(pool: PoolHarness): string[] {
  return [...pool.clients.keys()].flatMap((connection) =>
    pool.take(connection).flatMap(({ value }) => {
      if ('errorCode' in value) return [value.errorCode];
      return 'reasonCode' in value ? [value.reasonCode] : [];
    }),
  );
}

it('puts no control characters into error codes and reasons, whatever a client or an operator says', () => {
  fc.assert(
    fc.property(anyText, anyText, (said, wanted) => {
      const pool = PoolHarness.serving();
      const reasons: string[] = [];
      const collect = () => reasons.push(...reasonsOf(pool));
      pool.connect(1, MINING_SETUP_FLAGS.requiresStandardJobs).connect(2);
      for (const userIdentity of [`sri/${said}`, `bcrt1${said}`, said]) {
        const messages = [...pool.openStandard(1, { userIdentity }), ...pool.openExtended(1, { userIdentity })];
        for (const { value } of messages) if ('errorCode' in value) reasons.push(value.errorCode);
      }
      const { channelId } = bodyOf(pool.openExtended(2, { userIdentity: 'x' }), 'OpenExtendedMiningChannel.Success');
      pool.input({ type: 'operation', operation: { type: 'closeChannel', connection: 2, channelId, reason: wanted } });
      collect();
      for (const id of [...pool.clients.get(1)!.channels.keys()])
        pool.input({
          type: 'message',
          connection: 1,
          message: { name: 'CloseChannel', value: { channelId: id, reasonCode: said } },
          tlvs: [],
        });
      pool.input({ type: 'drain' });
      collect();
      expect(reasons.length).toBeGreaterThan(0);
      for (const reason of reasons) expect(reason).toMatch(PRINTABLE);
    }),
    propertyOptions(60),
  );
});
