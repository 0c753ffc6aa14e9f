import { type ChildProcess, spawn } from 'node:child_process';

/*
 * Children must end with their test even if this process is killed where no code of it can run. One small helper process holds
 * the read end of a pipe: when the pipe breaks, it kills the groups that were named to it and not yet forgotten.
 */
const PROGRAM = `
const groups = new Set();
let rest = '';
process.stdin.setEncoding('utf8');
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    if (line[0] === '+') groups.add(Number(line.slice(1)));
    else groups.delete(Number(line.slice(1)));
  }
});
process.stdin.on('end', () => {
  for (const group of groups) try { process.kill(-group, 'SIGKILL'); } catch {}
});
`;

let helper: ChildProcess | undefined;

/** The group of this process id ends if this process does. */
export function guardGroup(pid: number): void {
  helper ??= start();
  helper.stdin?.write(`+${pid}\n`);
}

export function forgetGroup(pid: number): void {
  helper?.stdin?.write(`-${pid}\n`);
}

function start(): ChildProcess {
  const child = spawn(process.execPath, ['-e', PROGRAM], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  child.on('error', () => undefined);
  child.stdin?.on('error', () => undefined);
  // It ends by itself when this process does; neither may keep the other alive.
  child.unref();
  const stdin = child.stdin as unknown as { unref?(): void } | null;
  stdin?.unref?.();
  return child;
}
