import { describe, expect, it } from 'vitest';
import { TurnScheduler, type TurnTask } from '../src/index.ts';

/** A task with work left, which writes down what is done to it. Every frame takes a millisecond of the given clock. */
function createTask(name: string, frames: number, log: string[], time: { ms: number }, isHeavy = false): TurnTask {
  let left = frames;
  return {
    heavy: isHeavy,
    run(limit) {
      const done = Math.min(limit, left);
      left -= done;
      time.ms += done;
      log.push(`${name} ${done}`);
      return left > 0;
    },
    flush() {
      log.push(`${name} write`);
    },
  };
}

const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

describe('TurnScheduler', () => {
  it('takes turns among links, writes once, then does a handshake', async () => {
    const log: string[] = [];
    const time = { ms: 0 };
    const scheduler = new TurnScheduler({ framesPerTurn: 2, turnMs: 100 }, () => time.ms);
    scheduler.wake(createTask('a', 5, log, time));
    scheduler.wake(createTask('h', 1, log, time, true));
    scheduler.wake(createTask('i', 1, log, time, true));
    scheduler.wake(createTask('b', 1, log, time));
    await nextTurn();
    expect(log).toEqual(['a 2', 'b 1', 'a 2', 'a 1', 'a write', 'b write', 'h 1']);
    await nextTurn();
    expect(log.slice(7)).toEqual(['h write', 'i 1']);
  });

  it('leaves to the next turn what does not fit in this one', async () => {
    const log: string[] = [];
    const time = { ms: 0 };
    const scheduler = new TurnScheduler({ framesPerTurn: 4, turnMs: 8 }, () => time.ms);
    for (const name of ['a', 'b', 'c']) scheduler.wake(createTask(name, 6, log, time));
    await nextTurn();
    expect(log).toEqual(['a 4', 'b 4', 'a write', 'b write']);
    await nextTurn();
    expect(log.slice(4)).toEqual(['c 4', 'a 2', 'b 2', 'c write', 'a write', 'b write']);
    await nextTurn();
    expect(log.slice(10)).toEqual(['c 2', 'c write']);
  });

  it('forgets what is gone', async () => {
    const log: string[] = [];
    const scheduler = new TurnScheduler();
    const task = createTask('a', 5, log, { ms: 0 });
    scheduler.wake(task);
    scheduler.wakeToFlush(task);
    scheduler.forget(task);
    await nextTurn();
    expect(log).toEqual([]);
  });
});
