import { currentProcess } from '@stratumkit/runtime';
import { createProgram } from './program.ts';

/** A subcommand as its help has it. */
export interface CommandDescription {
  readonly name: string;
  readonly usage: string;
  readonly description: string;
  readonly options: readonly { readonly flags: string; readonly description: string; readonly defaultValue: string }[];
}

/** Every subcommand, for pages. */
export function describeCommands(): readonly CommandDescription[] {
  return createProgram(currentProcess(), () => undefined).commands.map((command) => ({
    name: command.name(),
    usage: `message-generator ${command.name()} ${command.usage()}`,
    description: command.description(),
    options: command.options.map(({ flags, description, defaultValue }) => ({
      flags,
      description,
      defaultValue: ['number', 'string'].includes(typeof defaultValue) ? String(defaultValue) : '',
    })),
  }));
}
