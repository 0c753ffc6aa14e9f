import { readFileSync, statSync } from 'node:fs';
import { ConfigError, type JsonValue, parseJson, UsageError } from '@stratumkit/codec';
import { PROTOCOL_IDS, type Protocol } from '@stratumkit/messages';
import { exitCodeOfLoss, type ProcessEdge, watchOutput } from '@stratumkit/runtime';
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { describeBytes, parseHexText } from '../decodeInput.ts';
import { TESTED_ROLES, type TestedRole } from '../format/model.ts';
import { parseTestFile } from '../format/parseTest.ts';
import { formatProblem, TestFileError } from '../format/problems.ts';
import { createSchema } from '../schema.ts';
import { conformanceCommand } from './conformanceCommand.ts';
import { findTests } from './findTests.ts';
import { interceptCommand } from './interceptCommand.ts';
import { runCommand } from './runCommand.ts';

const FAILED = 1;
const UNUSABLE = 2;
const UNUSABLE_COMPAT = 101;

/** Runs one command line and returns the exit code; ends early when nobody reads what it prints. */
export async function runProgram(edge: ProcessEdge): Promise<number> {
  let exitCode = 0;
  const program = createProgram(edge, (code) => {
    exitCode = code;
  });
  const output = watchOutput(edge.stdout);
  const lost = output.code.then((code) => exitCodeOfLoss(code, 'message-generator', edge.stderr));
  try {
    return await Promise.race([program.parseAsync(edge.argv, { from: 'user' }).then(() => exitCode), lost]);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : unusable(edge);
    if (!(error instanceof ConfigError)) throw error;
    edge.stderr.write(`message-generator: ${error.message}\n`);
    return unusable(edge);
  } finally {
    output.unwatch();
  }
}

/** The command line with its subcommands; `done` takes the exit code of the one that ran. */
export function createProgram(edge: ProcessEdge, done: (exitCode: number) => void): Command {
  const program = new Command('message-generator')
    .description('Plays the peer of a Stratum role: scripted tests, a decoder, an interceptor.')
    .version('0.0.0', '-V, --version', 'print the version')
    .exitOverride()
    .showHelpAfterError('(see message-generator --help)')
    .configureOutput({
      writeOut: (text) => void edge.stdout.write(text),
      writeErr: (text) => void edge.stderr.write(text),
    });
  addRun(program, edge, done);
  addCheck(program, edge, done);
  addDecode(program, edge, done);
  addIntercept(program, edge, done);
  addConformance(program, edge, done);
  program
    .command('schema')
    .description('print the JSON Schema of test files, for editors')
    .action(() => void edge.stdout.write(`${JSON.stringify(createSchema(), null, 2)}\n`));
  return program;
}

function unusable(edge: ProcessEdge): number {
  return edge.argv.includes('--compat') ? UNUSABLE_COMPAT : UNUSABLE;
}

function addRun(program: Command, edge: ProcessEdge, done: (exitCode: number) => void): void {
  program
    .command('run')
    .description('run test files, and all test files of folders')
    .argument('<path...>', 'files and folders')
    .option('--jobs <n>', 'tests at a time', integer(1, 1_000), 1)
    .option('--compat', 'as the original tool did it', false)
    .option('--seed <n>', 'seed of the random values', integer(0, 2 ** 32 - 1))
    .option('--timeout <ms>', 'how long to wait for a message', integer(1, 86_400_000))
    .option('--map-port <from=to>', 'use another port than the file says (repeatable)', collectPort, {})
    .option('--peer <host:port|url>', 'connect there, with the key of the URL, instead of where the files say')
    .option('--json', 'print one JSON object a line', false)
    .option('--junit <file>', 'write JUnit XML to this file')
    .addOption(new Option('--tap', 'print TAP').default(false).conflicts('json'))
    .option('--verbose', 'print the log and every message of a failed test', false)
    .action(async (paths: string[], options: Record<string, unknown>) => {
      done(
        await runCommand(
          paths,
          {
            jobs: options.jobs as number,
            compat: options.compat === true,
            seed: options.seed as number | undefined,
            timeoutMs: options.timeout as number | undefined,
            ports: options.mapPort as Record<number, number>,
            peer: options.peer as string | undefined,
            json: options.json === true,
            junit: options.junit as string | undefined,
            tap: options.tap === true,
            verbose: options.verbose === true,
          },
          edge,
        ),
      );
    });
}

function addCheck(program: Command, edge: ProcessEdge, done: (exitCode: number) => void): void {
  program
    .command('check')
    .description('validate test files without running them')
    .argument('<path...>', 'files and folders')
    .option('--compat', 'by the rules of the original tool', false)
    .action((paths: string[], { compat }: { compat: boolean }) => {
      for (const file of findTests(paths)) {
        try {
          const { warnings } = parseTestFile(file, { compat });
          edge.stdout.write(`ok    ${file}\n`);
          for (const warning of warnings) edge.stdout.write(`  warning: ${formatProblem(warning)}\n`);
        } catch (error) {
          if (!(error instanceof TestFileError)) throw error;
          edge.stdout.write(`BAD   ${file}\n`);
          for (const problem of error.problems) edge.stdout.write(`  ${formatProblem(problem)}\n`);
          done(compat ? UNUSABLE_COMPAT : UNUSABLE);
        }
      }
    });
}

function addDecode(program: Command, edge: ProcessEdge, done: (exitCode: number) => void): void {
  program
    .command('decode')
    .description('show frames, or SV1 lines, in readable form')
    .addOption(new Option('--protocol <name>', 'subprotocol of the connection').choices(Object.keys(PROTOCOL_IDS)))
    .argument('<hex|file>', 'hexadecimal digits, or a file with digits or raw bytes')
    .action((input: string, { protocol }: { protocol?: Protocol }) => {
      try {
        const { text, faults } = describeBytes(readInput(input), protocol);
        edge.stdout.write(text);
        if (faults > 0) done(FAILED);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        throw new ConfigError('not-decodable', error.message);
      }
    });
}

function addIntercept(program: Command, edge: ProcessEdge, done: (exitCode: number) => void): void {
  program
    .command('intercept')
    .description('stand between two roles: show, record, and by script change what passes')
    .requiredOption('--listen <host:port>', 'where the downstream role connects to')
    .requiredOption('--upstream <host:port|url>', 'where the upstream role listens')
    .option('--authority-key <key>', 'public key of the upstream; its certificate is not checked without it')
    .option('--key-file <file>', 'file with the authority secret key to show downstream; a new key unless given')
    .option('--script <file>', 'rules: drop, delay, duplicate, reorder, corrupt, replace, close')
    .option('--record <file>', 'write a test file that replays the downstream role')
    .option('--seed <n>', 'seed of random values in rules', integer(0, 2 ** 32 - 1), 0)
    .option('--json', 'print one JSON object a line', false)
    .action(async (options: Record<string, string | undefined>) => {
      done(
        await interceptCommand(
          {
            listen: options.listen ?? '',
            upstream: options.upstream ?? '',
            authorityKey: options.authorityKey,
            keyFile: options.keyFile,
            script: options.script,
            record: options.record,
            seed: Number(options.seed),
            json: Boolean(options.json),
          },
          edge,
        ),
      );
    });
}

function addConformance(program: Command, edge: ProcessEdge, done: (exitCode: number) => void): void {
  program
    .command('conformance')
    .description('hold a role to the sentences of the specification that can be seen from outside')
    .addArgument(new Argument('<role>', 'what is tested').choices(TESTED_ROLES))
    .option('--address <host:port|url>', 'where the role listens')
    .option('--authority-key <key>', 'its public key; its certificate is not checked without it')
    .option('--plain', 'without encryption', false)
    .option(
      '--listen <host:port>',
      'where the role is to connect to: devices, the upstream side of proxies and translators, and pools as clients of a template provider',
    )
    .option('--key-file <file>', 'file with the authority secret key to show there; a new one unless given')
    .option(
      '--start <command>',
      'starts the role for each test; {address} {host} {port} {key} are where it connects to, {downstream} {downstream_port} where it listens',
    )
    .option('--on-new-block <command>', 'has a block found on the chain that the role follows')
    .option('--only <id|section|glob>', 'these tests (repeatable)', (text: string, all: string[]) => [...all, text], [])
    .option('--set <name=value>', 'a variable of the tests, such as user_identity (repeatable)', collectVariable, {})
    .option('--list', 'print the tests and run none', false)
    .option('--jobs <n>', 'tests at a time', integer(1, 64))
    .option('--seed <n>', 'seed of the random values', integer(0, 2 ** 32 - 1))
    .option('--timeout <ms>', 'how long to wait for a message', integer(1, 86_400_000))
    .option('--max-hashes <n>', 'hashes to try for one share', integer(1, 2 ** 32))
    .option('--json', 'print the report as JSON', false)
    .option('--html <file>', 'write the report as one page')
    .action(async (role: TestedRole, options: Record<string, unknown>) => {
      const text = (name: string) => options[name] as string | undefined;
      const number = (name: string) => options[name] as number | undefined;
      done(
        await conformanceCommand(
          {
            role,
            address: text('address'),
            authorityKey: text('authorityKey'),
            plain: options.plain === true,
            listen: text('listen'),
            keyFile: text('keyFile'),
            start: text('start'),
            onNewBlock: text('onNewBlock'),
            only: options.only as string[],
            list: options.list === true,
            jobs: number('jobs'),
            seed: number('seed') ?? Math.floor(Math.random() * 2 ** 32),
            timeoutMs: number('timeout'),
            maxHashes: number('maxHashes'),
            variables: options.set as Record<string, JsonValue>,
            json: options.json === true,
            html: text('html'),
          },
          edge,
        ),
      );
    });
}

function readInput(input: string): Uint8Array {
  const direct = parseHexText(input) ?? (input.startsWith('{') ? new TextEncoder().encode(input) : undefined);
  if (direct !== undefined) return direct;
  if (statSync(input, { throwIfNoEntry: false })?.isFile() !== true) {
    throw new ConfigError('not-decodable', `${input} is neither hexadecimal nor a file`);
  }
  const bytes = new Uint8Array(readFileSync(input));
  if (bytes.length === 0) throw new ConfigError('not-decodable', `${input} is empty`);
  return parseHexText(new TextDecoder().decode(bytes)) ?? bytes;
}

export function integer(minimum: number, maximum: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= minimum && value <= maximum) return value;
    throw new InvalidArgumentError(`a number from ${minimum} to ${maximum}`);
  };
}

/** The value is JSON if it reads as such, otherwise text. */
function collectVariable(text: string, variables: Record<string, JsonValue>): Record<string, JsonValue> {
  const at = text.indexOf('=');
  if (at < 1) throw new InvalidArgumentError('a name and a value, user_identity=alice');
  const value = text.slice(at + 1);
  let json: JsonValue = value;
  try {
    json = parseJson(value);
  } catch {
    // Text need not be quoted.
  }
  return { ...variables, [text.slice(0, at)]: json };
}

function collectPort(text: string, ports: Record<number, number>): Record<number, number> {
  const match = /^(\d{1,5})=(\d{1,5})$/.exec(text);
  if (match === null) throw new InvalidArgumentError('two ports, 3333=4444');
  return { ...ports, [Number(match[1])]: Number(match[2]) };
}
