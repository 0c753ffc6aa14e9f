import { ConfigError } from '@stratumkit/codec';
import { applyEnvironment } from './environmentSource.ts';
import { readConfigFile } from './fileSource.ts';
import { applyFlags, type FlagValues, flagsOf } from './flagSource.ts';
import { type Problem, parseTree } from './parseTree.ts';
import { createTable } from './rawTree.ts';
import type { Fields, InferFields } from './schema.ts';

/** Where values come from: flags win over the environment, that over the file, that over defaults. */
export interface ConfigSources {
  /** A TOML file. */
  readonly file?: string | undefined;
  /** Variables count that begin with this and `__`. */
  readonly environmentPrefix: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What a command line gave, by flag name. */
  readonly flags?: FlagValues;
}

/**
 * One typed, readonly object from defaults, file, environment and flags; each overrides those before it. Throws one
 * `ConfigError` that lists every problem with file and line, variable or flag.
 */
export function loadConfig<const F extends Fields>(fields: F, sources: ConfigSources): InferFields<F> {
  const tree = sources.file === undefined ? createTable('configuration') : readConfigFile(sources.file, fields);
  const sourceProblems: Problem[] = [
    ...applyEnvironment(tree, fields, sources.environmentPrefix, sources.environment),
    ...applyFlags(tree, fields, sources.flags ?? {}),
  ];
  const waysToGive = (name: string) => {
    const variable = `${sources.environmentPrefix}__${name.toUpperCase().replaceAll('.', '__')}`;
    const flag = flagsOf(fields).find(({ path }) => path.join('.') === name)?.name;
    return ` (or ${variable}${flag === undefined ? '' : `, or --${flag}`})`;
  };
  const { options, problems } = parseTree(tree, fields, waysToGive);
  const all = [...sourceProblems, ...problems];
  if (all.length > 0) {
    const lines = all.map(({ origin, message }) => `${origin}: ${message}`);
    throw new ConfigError('invalid-config', lines.join('\n'), { context: { problems: all } });
  }
  return options;
}
