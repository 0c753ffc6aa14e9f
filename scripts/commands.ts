import { keygen } from '@stratumkit/keygen';
import { describeCommands } from '@stratumkit/message-generator';
import { miningDevice } from '@stratumkit/mining-device';
import { pool } from '@stratumkit/pool';
import { proxy } from '@stratumkit/proxy';
import type { AppDefinition, Fields } from '@stratumkit/runtime';
import { sim } from '@stratumkit/sim';
import { stack } from '@stratumkit/stack';
import { templateProvider } from '@stratumkit/template-provider';
import { translator } from '@stratumkit/translator';
import type { Command, SuiteCommand } from './commandDocs.ts';

/** Every command with one set of options, in the order of the index. */
export const COMMANDS: readonly Command[] = [
  command('stack', stack),
  command('pool', pool),
  command('proxy', proxy),
  command('translator', translator),
  command('template-provider', templateProvider),
  command('mining-device', miningDevice),
  command('sim', sim),
  command('keygen', keygen),
];

/** Commands with subcommands. */
export const SUITES: readonly SuiteCommand[] = [
  {
    folder: 'message-generator',
    description: 'Tests any Stratum role by playing its peer from a file; decodes; intercepts, records and replays.',
    subcommands: describeCommands(),
  },
];

function command<F extends Fields>(folder: string, app: AppDefinition<F>): Command {
  return { folder, app: app as unknown as AppDefinition<Fields> };
}
