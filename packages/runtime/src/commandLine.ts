import { Command, CommanderError, Option } from 'commander';
import type { AppDefinition } from './app.ts';
import { variableNames } from './environmentSource.ts';
import { type FlagValues, flagsOf } from './flagSource.ts';
import { LOG_LEVELS, type LogLevel } from './logger.ts';
import type { ProcessEdge } from './processEdge.ts';
import type { Fields, Leaf } from './schema.ts';

export interface CommandLine {
  readonly config: string | undefined;
  readonly check: boolean;
  readonly logLevel: LogLevel | undefined;
  readonly logFile: string | undefined;
  readonly flags: FlagValues;
}

export function environmentPrefixOf(app: AppDefinition<Fields>): string {
  return app.environmentPrefix ?? app.name.toUpperCase().replaceAll('-', '_');
}

/** The parsed command line, or the exit code when help, the version or an error was printed. */
export function parseCommandLine(app: AppDefinition<Fields>, edge: ProcessEdge): CommandLine | number {
  const command = createCommand(app, edge);
  try {
    command.parse(edge.argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
  const values = command.opts<Record<string, string | boolean | undefined>>();
  const flags: Record<string, string | boolean | undefined> = {};
  for (const { name, leaf } of flagsOf(app.options)) {
    const value = [name, ...leaf.aliases].map((each) => values[attributeOf(each)]).find((each) => each !== undefined);
    flags[name] = leaf.isSwitch && typeof value !== 'boolean' ? undefined : value;
  }
  return {
    config: textOf(values.config),
    check: values.check === true,
    logLevel: textOf(values.logLevel) as LogLevel | undefined,
    logFile: textOf(values.logFile),
    flags,
  };
}

function createCommand(app: AppDefinition<Fields>, edge: ProcessEdge): Command {
  const command = new Command(app.name)
    .description(app.description)
    .version(app.version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .exitOverride()
    .allowExcessArguments(false)
    .showHelpAfterError(`(see ${app.name} --help)`)
    .configureOutput({
      writeOut: (text) => void edge.stdout.write(text),
      writeErr: (text) => void edge.stderr.write(text),
    });
  for (const { name, leaf } of flagsOf(app.options)) {
    for (const each of [name, ...leaf.aliases]) {
      const isAlias = each !== name;
      const option = new Option(leaf.isSwitch ? `--${each}` : `--${each} <${leaf.placeholder}>`, docOf(leaf));
      command.addOption(option.default(undefined).hideHelp(isAlias));
      if (leaf.isSwitch)
        command.addOption(new Option(`--no-${each}`, `the opposite of --${each}`).default(undefined).hideHelp());
    }
  }
  command
    .option('-c, --config <file>', 'TOML file with these options; keys have _ for -')
    .option('--check', 'check the configuration, then exit')
    .addOption(new Option('--log-level <level>', 'least severe lines to log (default: info)').choices([...LOG_LEVELS]))
    .option('--log-file <file>', 'append the log as JSON to this file too')
    .addHelpText('after', () => helpTail(app));
  return command;
}

function helpTail(app: AppDefinition<Fields>): string {
  const variable = variableNames(app.options, environmentPrefixOf(app))[0];
  const environment =
    variable === undefined ? '' : `\nEnvironment variables override the file, flags override both: ${variable}=...\n`;
  if (app.examples.length === 0) return environment;
  const examples = app.examples.map(({ command, does }) => `  $ ${command}\n      ${does}`);
  return `${environment}\nExamples:\n${examples.join('\n')}\n`;
}

function docOf({ doc: text, aliases, defaultValue }: Leaf): string {
  const doc = aliases.length === 0 ? text : `${text}; also ${aliases.map((alias) => `--${alias}`).join(', ')}`;
  if (defaultValue === undefined) return doc;
  const shown = Array.isArray(defaultValue) ? defaultValue.join(',') || 'none' : String(defaultValue);
  return `${doc} (default: ${shown})`;
}

/** The name under which the parser keeps a flag. */
function attributeOf(flag: string): string {
  return new Option(`--${flag}`).attributeName();
}

function textOf(value: string | boolean | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
