import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { KEYS } from './helpers.ts';

const apps = join(import.meta.dirname, '../..');

/** Our template provider on a chain of its own. Returns its address. */
export async function startTemplateProvider(children: Set<ChildProcess>): Promise<string> {
  const environment = { TEMPLATE_PROVIDER__AUTHORITY_SECRET_KEY: KEYS.secret_key };
  return addressIn(startApp(children, 'template-provider', ['--listen', '127.0.0.1:0'], environment));
}

/** Our pool on the template provider at this address. Returns its own. */
export async function startPool(children: Set<ChildProcess>, provider: string, port = 0): Promise<string> {
  const upstream = ['--template-provider', `stratum2+tcp://${provider}/${KEYS.pub_key}`];
  const own = ['--listen', `127.0.0.1:${port}`, '--network', 'regtest', '--coinbase-reward-script', 'raw(51)'];
  // Shares come soon, and each is answered at once.
  const pace = ['--shares-per-minute', '600', '--share-batch-size', '1'];
  const environment = { POOL__AUTHORITY_SECRET_KEY: KEYS.secret_key };
  return addressIn(startApp(children, 'pool', [...own, ...pace, ...upstream], environment));
}

/** Starts an app of this repository from its source. */
export function startApp(
  children: Set<ChildProcess>,
  name: string,
  flags: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): ChildProcess {
  const args = ['--conditions=@stratumkit/source', join(apps, name, 'src/main.ts'), ...flags];
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.add(child);
  return child;
}

export async function stopAll(children: Set<ChildProcess>): Promise<void> {
  await Promise.all(
    [...children].map((child) => {
      if (child.exitCode !== null || child.signalCode !== null) return undefined;
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.kill('SIGKILL');
      return gone;
    }),
  );
  children.clear();
}

/** The address of its first log line that has one. Rejects when it ends before. */
async function addressIn(child: ChildProcess): Promise<string> {
  const line = await logged(child, /"msg":"listening"/);
  return /"address":"([^"]+)"/.exec(line)?.[1] ?? '';
}

/** The first line of its log with this. Rejects when it ends before. */
export function logged(child: ChildProcess, pattern: RegExp): Promise<string> {
  return new Promise((resolve, reject) => {
    if (child.stderr === null) return;
    const lines: string[] = [];
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line);
      if (pattern.test(line)) resolve(line);
    });
    child.once('exit', () => reject(new Error(`it ended: ${lines.join('\n')}`)));
  });
}
