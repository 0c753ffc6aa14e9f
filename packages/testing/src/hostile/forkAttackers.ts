import { fork } from 'node:child_process';
import { once } from 'node:events';
import { ATTACKS } from './attacks.ts';

/** Makes every attack of `ATTACKS` `copies` times at once, from another process. Settles when all connections are gone. */
export async function forkAttackers(
  target: { readonly host: string; readonly port: number },
  copies: number,
): Promise<number> {
  const child = fork(new URL('./attackers.ts', import.meta.url), [target.host, String(target.port), String(copies)], {
    execArgv: ['--conditions=@stratumkit/source'],
  });
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`the attackers ended with ${code}`);
  return ATTACKS.length * copies;
}
