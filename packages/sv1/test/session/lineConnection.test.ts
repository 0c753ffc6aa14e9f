import type { Now } from '@stratumkit/codec';
import { DEFAULT_LINE_LIMITS, LineConnection, type LineEvent, type LineLimits } from '@stratumkit/sv1';
import { describe, expect, it } from 'vitest';

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (line: Uint8Array) => new TextDecoder().decode(line);
const at = (monotonicMs: number): Now => ({ monotonicMs, unixSeconds: 1_700_000_000 });
const create = (limits: Partial<LineLimits> = {}) => new LineConnection(at(0), limits);
const PING = '{"id":1,"method":"mining.ping"}\n';

function all(connection: LineConnection): string[] {
  const events: string[] = [];
  for (let event = connection.next(); event !== undefined; event = connection.next()) events.push(nameOf(event));
  return events;
}

function nameOf(event: LineEvent): string {
  return event.type === 'line' ? text(event.line) : event.cause;
}

describe('LineConnection', () => {
  it('hands on lines in order, and the end once', () => {
    const connection = create();
    connection.push(bytes('{"a":1}\r\n{"b"'), at(1));
    expect(all(connection)).toEqual(['{"a":1}']);
    connection.push(bytes(':2}\n'), at(2));
    expect(all(connection)).toEqual(['{"b":2}']);
    connection.end('fin');
    expect(all(connection)).toEqual(['peer-closed']);
    connection.push(bytes(PING), at(3));
    expect(all(connection)).toEqual([]);
  });

  it.each([
    ['fin', false, 'probe'],
    ['fin', true, 'peer-closed'],
    ['reset', true, 'peer-reset'],
  ] as const)('ends with %s, spoken %s: %s', (kind, hasSpoken, cause) => {
    const connection = create();
    if (hasSpoken) connection.push(bytes('{'), at(0));
    connection.end(kind);
    expect(all(connection)).toEqual([cause]);
  });

  it.each([
    ['GET / HTTP/1.1\r\n', 'HTTP'],
    ['\u0016\u0003\u0001', 'TLS'],
    ['PROXY TCP4 1.2.3.4\r\n', 'a PROXY header'],
    ['"text"\n', 'text'],
  ])('tells %j by its first byte: %s', (given) => {
    const connection = create();
    connection.push(bytes(given), at(0));
    expect(all(connection)).toEqual(['not-json']);
  });

  it('takes white space before the first line', () => {
    const connection = create();
    connection.push(bytes(`\r\n ${PING}`), at(0));
    expect(all(connection)).toEqual([` ${PING.trim()}`]);
  });

  it('ends a line that does not end', () => {
    const connection = create({ maxLineBytes: 100 });
    connection.push(bytes(`{${'x'.repeat(101)}`), at(0));
    expect(all(connection)).toEqual(['line-too-long']);
  });

  describe('deadlines', () => {
    const { firstLineTimeoutMs, idleTimeoutMs, writeTimeoutMs } = DEFAULT_LINE_LIMITS;

    it('expects a first line, and a dribble is none', () => {
      const connection = create();
      expect(connection.deadline).toBe(firstLineTimeoutMs);
      connection.push(bytes('{'), at(firstLineTimeoutMs - 1));
      all(connection);
      expect(connection.deadline).toBe(firstLineTimeoutMs);
      connection.tick(at(firstLineTimeoutMs - 1));
      expect(all(connection)).toEqual([]);
      connection.tick(at(firstLineTimeoutMs));
      expect(all(connection)).toEqual(['first-line-timeout']);
      expect(connection.deadline).toBeUndefined();
    });

    it('expects later ones', () => {
      const connection = create();
      connection.push(bytes(PING), at(10));
      all(connection);
      expect(connection.deadline).toBe(10 + idleTimeoutMs);
      connection.tick(at(9 + idleTimeoutMs));
      expect(all(connection)).toEqual([]);
      connection.tick(at(10 + idleTimeoutMs));
      expect(all(connection)).toEqual(['idle-timeout']);
    });

    it('expects bytes to be taken', () => {
      const connection = create();
      connection.setWritable(false, at(5));
      connection.setWritable(false, at(50));
      expect(connection.deadline).toBe(5 + writeTimeoutMs);
      connection.setWritable(true, at(60));
      connection.setWritable(false, at(70));
      connection.tick(at(69 + writeTimeoutMs));
      expect(all(connection)).toEqual([]);
      connection.tick(at(70 + writeTimeoutMs));
      expect(all(connection)).toEqual(['write-timeout']);
    });
  });

  describe('the budget of lines', () => {
    const limits = { linesPerSecond: 10, lineBurst: 4, budgetPatienceMs: 1_000 };

    it('lets a burst through, then pauses until there is room', () => {
      const connection = create(limits);
      connection.push(bytes(PING.repeat(6)), at(0));
      expect(all(connection)).toHaveLength(4);
      expect(connection.paused).toBe(true);
      expect(connection.deadline).toBe(100);
      connection.tick(at(100));
      expect(all(connection)).toHaveLength(1);
      connection.tick(at(400));
      expect(all(connection)).toHaveLength(1);
      expect(connection.paused).toBe(false);
    });

    it('counts each message of a batch', () => {
      const connection = create(limits);
      connection.push(
        bytes(`[${PING.trim()},${PING.trim()},${PING.trim()},${PING.trim()},${PING.trim()}]\n${PING}`),
        at(0),
      );
      expect(all(connection)).toHaveLength(1);
      expect(connection.deadline).toBe(200);
      connection.tick(at(199));
      expect(all(connection)).toHaveLength(0);
      connection.tick(at(200));
      expect(all(connection)).toHaveLength(1);
    });

    it('ends a peer that wants more for too long', () => {
      const connection = create(limits);
      let lines = 0;
      let nowMs = 0;
      for (; !connection.isClosed; nowMs += 100) {
        connection.push(bytes(PING.repeat(2)), at(nowMs));
        connection.tick(at(nowMs));
        lines += all(connection).filter((each) => each.startsWith('{')).length;
      }
      expect(nowMs - 100).toBeLessThanOrEqual(1_500);
      expect(lines).toBeLessThanOrEqual(4 + nowMs / 100);
    });

    it('forgives one that calms down', () => {
      const connection = create(limits);
      connection.push(bytes(PING.repeat(5)), at(0));
      all(connection);
      for (let nowMs = 1_000; nowMs < 20_000; nowMs += 1_000) {
        connection.tick(at(nowMs));
        all(connection);
        connection.push(bytes(PING), at(nowMs));
      }
      expect(connection.isClosed).toBe(false);
    });
  });

  describe('sending', () => {
    it('joins what is queued into one write', () => {
      const connection = create();
      expect(connection.takeBytes()).toBeUndefined();
      connection.send(bytes('a\n'));
      connection.send(bytes('b\n'));
      expect(text(connection.takeBytes()!)).toBe('a\nb\n');
      expect(connection.takeBytes()).toBeUndefined();
    });

    it('waits while the transport takes nothing', () => {
      const connection = create();
      connection.send(bytes('a\n'));
      connection.setWritable(false, at(0));
      expect(connection.takeBytes()).toBeUndefined();
      connection.setWritable(true, at(1));
      expect(text(connection.takeBytes()!)).toBe('a\n');
    });

    it('stops reading from a peer that does not take what it is sent, and ends it at the limit', () => {
      const connection = create({ maxQueuedBytes: 100 });
      connection.send(new Uint8Array(26));
      expect(connection.paused).toBe(true);
      connection.send(new Uint8Array(74));
      expect(connection.isClosed).toBe(false);
      connection.send(new Uint8Array(1));
      expect(all(connection)).toEqual(['send-queue-overflow']);
      expect(connection.flushes).toBe(false);
      expect(connection.takeBytes()).toBeUndefined();
    });

    it.each([
      ['role-decision', true],
      ['shutdown', true],
      ['internal-error', false],
    ] as const)('before the end, %s: %s', (cause, isSent) => {
      const connection = create();
      connection.send(bytes('bye\n'));
      connection.close(cause, 'why');
      expect(connection.next()).toEqual({ type: 'closed', cause, reason: 'why' });
      expect(connection.flushes).toBe(isSent);
      expect(connection.takeBytes()).toEqual(isSent ? bytes('bye\n') : undefined);
      connection.send(bytes('late\n'));
      expect(connection.takeBytes()).toBeUndefined();
    });
  });
});
