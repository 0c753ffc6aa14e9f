import { Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createLogger, limitedLog } from '../src/index.ts';

function create(limits = {}) {
  const lines: Record<string, unknown>[] = [];
  const stream = new Writable({
    write(chunk, _, done) {
      lines.push(JSON.parse(String(chunk)));
      done();
    },
  });
  const time = { ms: 0 };
  const log = limitedLog(createLogger({ name: 'pool', level: 'debug', stream }), limits, () => time.ms);
  return { lines, time, log };
}

describe('limitedLog', () => {
  it('writes so many lines of a text in a window, and then says how many it left out', () => {
    const { lines, time, log } = create({ lines: 3, windowMs: 1_000 });
    for (let line = 0; line < 10; line++) log.warn({ line }, 'share refused');
    log.warn({}, 'another');
    time.ms = 999;
    log.warn({}, 'share refused');
    expect(lines.map(({ msg }) => msg)).toEqual([...Array(3).fill('share refused'), 'another']);
    time.ms = 1_000;
    log.warn({ line: 10 }, 'share refused');
    log.warn({ line: 11 }, 'share refused');
    expect(lines.slice(4)).toEqual([
      expect.objectContaining({ line: 10, suppressed: 8 }),
      expect.not.objectContaining({ suppressed: expect.anything() }),
    ]);
  });

  it('leaves out nothing below info', () => {
    const { lines, log } = create({ lines: 1 });
    for (let line = 0; line < 5; line++) log.debug({}, 'share accepted');
    expect(lines).toHaveLength(5);
    expect(log.isLevelEnabled('trace')).toBe(false);
  });
});
