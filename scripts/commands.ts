import { keygen } from '@stratumkit/keygen';
import { miningDevice } from '@stratumkit/mining-device';
import { pool } from '@stratumkit/pool';
import { proxy } from '@stratumkit/proxy';
import type { AppDefinition, Fields } from '@stratumkit/runtime';
import { stack } from '@stratumkit/stack';
import { templateProvider } from '@stratumkit/template-provider';
import type { Command } from './commandDocs.ts';

/** Every command of the repository, in the order of the index. */
export const COMMANDS: readonly Command[] = [
  command('stack', stack),
  command('pool', pool),
  command('proxy', proxy),
  command('template-provider', templateProvider),
  command('mining-device', miningDevice),
  command('keygen', keygen),
];

function command<F extends Fields>(folder: string, app: AppDefinition<F>): Command {
  return { folder, app: app as unknown as AppDefinition<Fields> };
}
