import { parentPort } from 'node:worker_threads';
import { createSearchKernel } from '../kernel/searchKernel.ts';
import type { SearchDone, SearchTask } from './searchTask.ts';

const kernel = createSearchKernel();

parentPort?.on('message', ({ header, target, firstNonce, count }: SearchTask) => {
  const start = performance.now();
  const { nonces, tried } = kernel.search(header, target, firstNonce, count);
  const done: SearchDone = { nonces, tried, elapsedMs: performance.now() - start };
  parentPort?.postMessage(done);
});
