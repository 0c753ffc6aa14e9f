import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Nothing takes longer; a process that hangs is ended. */
const ANSWER_MS = 30_000;

/** A process that is measured; with BENCH_PROFILE it leaves a CPU profile there. */
export function startChild(script: URL): ChildProcess {
  const profile =
    process.env.BENCH_PROFILE === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${process.env.BENCH_PROFILE}`];
  return fork(fileURLToPath(script), {
    execArgv: ['--conditions=@stratumkit/source', '--expose-gc', ...profile],
  });
}

export async function endChild(child: ChildProcess): Promise<void> {
  const exit = once(child, 'exit');
  child.disconnect();
  await exit;
}

/** One question at a time. */
export async function ask<Request extends { readonly type: string }, Answer>(
  child: ChildProcess,
  request: Request,
): Promise<Answer> {
  const timer = setTimeout(() => child.kill('SIGKILL'), ANSWER_MS);
  const control = new AbortController();
  const { signal } = control;
  try {
    child.send(request);
    const died = once(child, 'exit', { signal }).then(() => {
      throw new Error(`the server died at ${request.type}`);
    });
    const [answer] = (await Promise.race([once(child, 'message', { signal }), died])) as [Answer];
    died.catch(() => undefined);
    return answer;
  } finally {
    control.abort();
    clearTimeout(timer);
  }
}
