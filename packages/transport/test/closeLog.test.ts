import { CLOSE_CAUSES } from '@stratumkit/connection';
import { FakeClock } from '@stratumkit/testing';
import { expect, it } from 'vitest';
import { CloseLog } from '../src/closeLog.ts';

it('logs a cause once in a window, counts every time, and escapes what a peer said', () => {
  const lines: [string, object][] = [];
  const line = (level: string) => (fields: object) => lines.push([level, fields]);
  const log = new CloseLog(CLOSE_CAUSES, {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
  });
  const clock = new FakeClock();
  for (let count = 0; count < 5; count++) log.add('sv1-greeting', { address: '10.0.0.1' }, {}, clock.now);
  log.add('setup-error', {}, { errorCode: 'go\naway' }, clock.now);
  log.add('sv1-greeting', { address: '10.0.0.2' }, {}, clock.advance(60_000));
  log.add('descriptor-limit', {}, {}, clock.now);
  log.add('probe', {}, {}, clock.now);
  expect(lines).toEqual([
    [
      'warn',
      {
        cause: 'sv1-greeting',
        address: '10.0.0.1',
        detail: {},
        suppressed: 0,
        hint: expect.stringContaining('translator'),
      },
    ],
    ['warn', { cause: 'setup-error', detail: { errorCode: 'go\\u{a}away' }, suppressed: 0 }],
    ['warn', { cause: 'sv1-greeting', address: '10.0.0.2', detail: {}, suppressed: 4, hint: expect.any(String) }],
    ['warn', { cause: 'descriptor-limit', detail: {}, suppressed: 0, hint: expect.stringContaining('ulimit') }],
    ['debug', { cause: 'probe', detail: {} }],
  ]);
  expect(Object.fromEntries(log.counts)).toEqual({
    'sv1-greeting': 6,
    'setup-error': 1,
    'descriptor-limit': 1,
    probe: 1,
  });
});
