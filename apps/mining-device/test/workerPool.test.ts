import { describe, expect, it } from 'vitest';
import type { SearchTask } from '../src/search/searchTask.ts';
import { createWorkerPool } from '../src/search/workerPool.ts';

const task: SearchTask = {
  header: new Uint8Array(80),
  target: new Uint8Array(32).fill(0xff),
  firstNonce: 5,
  count: 3,
};

describe('worker pool', () => {
  it('runs a task on every worker, one at a time', async () => {
    const pool = createWorkerPool({ size: 2 });
    expect(pool).toMatchObject({ size: 2, idle: 2 });
    const results = [pool.run(task), pool.run({ ...task, firstNonce: 9 })];
    expect(pool.idle).toBe(0);
    expect(await pool.run(task)).toBeUndefined();
    expect(await Promise.all(results)).toMatchObject([{ nonces: [5, 6, 7], tried: 3 }, { nonces: [9, 10, 11] }]);
    expect(pool.idle).toBe(2);
    await pool.close();
  });

  it('replaces a worker that fails, and tells that its task is lost', async () => {
    const failures: Error[] = [];
    const pool = createWorkerPool({ size: 1, onFailure: (error) => failures.push(error) });
    expect(await pool.run({ ...task, header: undefined as unknown as Uint8Array })).toBeUndefined();
    expect(failures).toHaveLength(1);
    expect(await pool.run(task)).toMatchObject({ tried: 3 });
    await pool.close();
  });

  it('settles what runs when it is closed', async () => {
    const pool = createWorkerPool({ size: 1 });
    const running = pool.run({ ...task, target: new Uint8Array(32), count: 50_000_000 });
    await pool.close();
    expect(await running).toBeUndefined();
    expect(await pool.run(task)).toBeUndefined();
  });
});
