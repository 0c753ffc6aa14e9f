import { ConfigError } from '@stratumkit/codec';

/** One thing wrong, or doubtful, in a test file. */
export interface Problem {
  readonly file: string;
  /** From 1; 0 for the file as a whole. */
  readonly line: number;
  readonly message: string;
}

export function formatProblem({ file, line, message }: Problem): string {
  return line === 0 ? `${file}: ${message}` : `${file}:${line}: ${message}`;
}

/** A file that cannot be run, with everything that is wrong with it. */
export class TestFileError extends ConfigError<'unusable-test-file'> {
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super('unusable-test-file', problems.map(formatProblem).join('\n'), { context: { problems } });
    this.problems = problems;
  }
}
