import { spawn } from 'node:child_process';
import { ConfigError } from '@stratumkit/codec';
import { forgetGroup, guardGroup } from '../run/guard.ts';

const TERMINATE_MS = 2_000;

/** Runs a command line of the user to its end. Throws ConfigError if it fails. */
export function runShell(command: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'] });
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new ConfigError('command-failed', endOf(command, code, signal)));
    });
  });
}

/** Starts a command line of the user; the function returned ends it with all that it started. What ends well may have left something that runs. */
export function startShell(command: string, onFailed: (reason: string) => void): () => Promise<void> {
  const child = spawn(command, { shell: true, stdio: ['ignore', 'ignore', 'inherit'], detached: true });
  const { pid } = child;
  const gone = new Promise<void>((resolve) => {
    child.once('exit', (code, signal) => {
      if (code !== 0) onFailed(endOf(command, code, signal));
      resolve();
    });
    child.once('error', () => resolve());
  });
  if (pid === undefined) return () => gone;
  guardGroup(pid);
  return async () => {
    const kill = (signal: NodeJS.Signals) => {
      try {
        process.kill(-pid, signal);
      } catch {
        // The group is gone.
      }
    };
    kill('SIGTERM');
    const timer = setTimeout(() => kill('SIGKILL'), TERMINATE_MS);
    await gone;
    clearTimeout(timer);
    forgetGroup(pid);
  };
}

function endOf(command: string, code: number | null, signal: NodeJS.Signals | null): string {
  return `${command} ended with ${signal ?? `exit code ${code}`}`;
}
