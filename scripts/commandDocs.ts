import type { CommandDescription } from '@stratumkit/message-generator';
import type { AppDefinition, Fields, Leaf } from '@stratumkit/runtime';
import { page, table } from './markdown.ts';

/** Where the pages go. */
export const COMMAND_DOCS: URL = new URL('../docs/commands/', import.meta.url);

const NOTICE = '<!-- Written by `pnpm docs` from the definitions in apps. Do not edit. -->';
const LEVEL_KEYS = ['log_level', 'log_file'];

/** A command with the folder it lives in. */
export interface Command {
  readonly folder: string;
  readonly app: AppDefinition<Fields>;
}

/** A command with subcommands. */
export interface SuiteCommand {
  readonly folder: string;
  readonly description: string;
  readonly subcommands: readonly CommandDescription[];
}

/** Every page by its file name. */
export function commandPages(
  commands: readonly Command[],
  suites: readonly SuiteCommand[],
): ReadonlyMap<string, string> {
  return new Map([
    ['README.md', indexPage(commands, suites)],
    ...commands.map((command) => [`${command.folder}.md`, commandPage(command)] as const),
    ...suites.map((suite) => [`${suite.folder}.md`, suitePage(suite)] as const),
  ]);
}

function indexPage(commands: readonly Command[], suites: readonly SuiteCommand[]): string {
  return page(NOTICE, [
    '# Commands',
    'Run from a clone as `npx pnpm@12 <command>`, or by the name of the bin when installed from npm. Each is configured by flags, by ' +
      'environment variables, and by a TOML file given with `--config`; flags win over variables, variables over the file. An unknown ' +
      'key, variable or flag is refused with the nearest known one. `--check` says what is wrong and ends.',
    table(
      ['command', 'bin', 'what it is'],
      [
        ...commands.map(({ folder, app }) => indexRow(folder, app.name, app.description)),
        ...suites.map(({ folder, description }) => indexRow(folder, folder, description)),
      ],
    ),
    suites.map(({ folder }) => `\`${folder}\` has subcommands and takes flags only.`).join(' '),
  ]);
}

function indexRow(folder: string, bin: string, description: string): string[] {
  return [`[\`${folder}\`](${folder}.md)`, `\`${bin}\``, description];
}

function suitePage({ folder, description, subcommands }: SuiteCommand): string {
  const blocks = subcommands.flatMap(({ name, usage, description: does, options }) => {
    const rows = options.map(({ flags, description: text, defaultValue }) => [
      `\`${flags}\``,
      defaultValue,
      sentence(text),
    ]);
    return [
      `## ${name}`,
      sentence(does),
      `\`\`\`sh\n${usage}\n\`\`\``,
      ...(rows.length === 0 ? [] : [table(['flag', 'default', 'meaning'], rows)]),
    ];
  });
  const promise = `How to use it, and what it promises: [apps/${folder}](../../apps/${folder}/README.md).`;
  return page(NOTICE, [`# ${folder}`, description, promise, ...blocks]);
}

function commandPage({ folder, app }: Command): string {
  const prefix = app.environmentPrefix ?? app.name.replaceAll('-', '_').toUpperCase();
  const rows = optionRows(app.options, '', prefix);
  return page(NOTICE, [
    `# ${folder}`,
    app.description,
    `How to use it, and what it promises: [apps/${folder}](../../apps/${folder}/README.md).`,
    '## Examples',
    ...app.examples.map(({ command, does }) => `${sentence(does)}\n\n\`\`\`sh\n${command}\n\`\`\``),
    '## Options',
    table(['TOML key', 'flag', 'variable', 'default', 'meaning'], rows),
    `Every command also takes \`--config FILE\`, \`--check\`, \`--log-level LEVEL\` and \`--log-file FILE\` (keys ${LEVEL_KEYS.map((key) => `\`${key}\``).join(', ')}), \`--help\` and \`--version\`.`,
  ]);
}

function optionRows(fields: Fields, path: string, prefix: string): string[][] {
  return Object.entries(fields).flatMap(([key, field]) => {
    const name = path === '' ? key : `${path}.${key}`;
    const variable = `${prefix}__${key.toUpperCase()}`;
    if (field.kind === 'section') return optionRows(field.fields, name, variable);
    if (field.kind === 'sectionList') return optionRows(field.item.fields, `${name}[]`, `${variable}__0`);
    return [[`\`${name}\``, flagOf(field, name), `\`${variable}\``, defaultOf(field), sentence(field.doc)]];
  });
}

function flagOf(field: Leaf, name: string): string {
  if (field.flag === false || field.secret || name.includes('[]')) return '';
  const flag = field.flag ?? name.replaceAll(/[._]/g, '-');
  return [flag, ...field.aliases]
    .map((each) => `\`--${each}${field.isSwitch ? '' : ` <${field.placeholder}>`}\``)
    .join(', ');
}

function defaultOf(field: Leaf): string {
  if (field.defaultValue !== undefined) return `\`${JSON.stringify(field.defaultValue)}\``;
  return field.optional ? '' : 'must be given';
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
