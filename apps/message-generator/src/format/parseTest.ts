import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import type { JsonObject } from '@stratumkit/codec';
import { fieldNamed } from './layouts.ts';
import type { ConnectionPlan, Sv2Template, TestPlan, Timeouts, Watch } from './model.ts';
import { parseAbout } from './parseAbout.ts';
import { type ActionContext, connectionNamed, parseSteps } from './parseActions.ts';
import { parseCommands } from './parseCommands.ts';
import { parseConnections } from './parseConnections.ts';
import { type FrameBuilder, parseFrameBuilders, parseMessages, parseSv1Messages } from './parseMessages.ts';
import { parseReply } from './parseReplies.ts';
import { messageNames, parsePointerMap, parseSaveMap, parseSkip } from './parseResults.ts';
import { TestFileError } from './problems.ts';
import { type Node, Problems, readDocument } from './reader.ts';

/** How a test file is read. */
export interface ParseOptions {
  /** As the original tool did it; strict unless given. */
  readonly compat?: boolean;
  /** Directory that import paths may be relative to; the current one unless given. */
  readonly workingDirectory?: string;
}

/** Limits of the default mode. Under compat nothing is limited, as in the original. */
export const DEFAULT_TIMEOUTS: Timeouts = {
  receiveMs: 10_000,
  connectMs: 10_000,
  acceptMs: 60_000,
  readyMs: 60_000,
  watchMs: 1_000,
  retryMs: 100,
};

const COMPAT_TIMEOUTS: Timeouts = {
  receiveMs: undefined,
  connectMs: undefined,
  acceptMs: undefined,
  readyMs: undefined,
  watchMs: 1_000,
  retryMs: undefined,
};

/** How long the original pauses between attempts of an SV1 client; it never gives up. */
const COMPAT_SV1_RETRY_MS = 1_000;
const MAX_MS = 86_400_000;

/** Reads a test file and what it imports. Throws TestFileError with everything that is wrong. */
export function parseTestFile(path: string, options: ParseOptions = {}): TestPlan {
  return parseTestText(readText(path, path), path, options);
}

/** The same for a text; `path` is what its imports and failures are named by. */
export function parseTestText(text: string, path: string, options: ParseOptions = {}): TestPlan {
  const { compat = false, workingDirectory = process.cwd() } = options;
  const problems = new Problems();
  const root = readDocument(text, path, problems);
  const plan = parseRoot(root, { compat, workingDirectory, path, problems });
  problems.throwIfAny();
  return { ...plan, warnings: problems.warnings };
}

interface FileContext {
  readonly compat: boolean;
  readonly workingDirectory: string;
  readonly path: string;
  readonly problems: Problems;
}

function parseRoot(root: Node, context: FileContext): TestPlan {
  const { compat } = context;
  root.object();
  const version = root.get('version').oneOf(['2', '1']);
  if (!compat) root.warnUnknown(TOP_LEVEL_KEYS);
  const connections = parseConnections(root, version, compat);
  const libraries = compat ? [] : included(root, context);
  const files = [...libraries, root];
  const messages = new Map(files.flatMap((file) => [...parseMessages(file, compat)]));
  const sv1Messages = new Map(files.flatMap((file) => [...parseSv1Messages(file, compat)]));
  const procedures = new Map(files.flatMap((file) => proceduresOf(file)));
  const built = version === '2' ? applyBuilders(root, messages, context) : new Set<string>();
  let actions = 0;
  const actionContext: ActionContext = {
    compat,
    connections,
    nextNumber: () => ++actions,
    procedure(name, node) {
      const found = procedures.get(name);
      if (found === undefined) node.error(`no procedure "${name}"`);
      return found;
    },
    use(id, node, protocol) {
      const known = protocol === 'sv1' ? sv1Messages.has(id) : messages.has(id);
      if (!known) node.error(`no message "${id}"`);
      else if (compat && protocol === 'sv2' && !built.has(id)) node.error(`no frame builder for "${id}"`);
    },
  };
  const replies = files.flatMap((file) =>
    compat
      ? []
      : file
          .get('replies')
          .items({ optional: true })
          .map((reply) => parseReply(reply, actionContext)),
  );
  const prepare = !compat && root.get('prepare').exists ? parseSteps(root.get('prepare'), actionContext) : [];
  const steps = parseSteps(root.get('actions'), actionContext);
  if (connections.length === 0 && actions > 0) root.get('actions').error('must be empty: the test has no connection');
  return {
    version,
    compat,
    connections,
    messages,
    sv1Messages,
    about: compat ? undefined : parseAbout(root.get('conformance')),
    prepare,
    replies,
    steps,
    setupCommands: parseCommands(root.get('setup_commands'), compat),
    executionCommands: parseCommands(root.get('execution_commands'), compat),
    cleanupCommands: parseCommands(root.get('cleanup_commands'), compat),
    variables: compat ? {} : Object.assign({}, ...files.map(variablesOf)),
    skip: compat ? [] : files.flatMap((file) => parseSkip(file.get('skip_messages')) ?? []),
    watch: compat
      ? []
      : files.flatMap((file) =>
          file
            .get('watch')
            .items({ optional: true })
            .flatMap((node) => parseWatch(node, connections)),
        ),
    timeouts: parseTimeouts(root.get('timeouts'), compat, connections),
    warnings: [],
    file: root.file,
    line: 1,
  };
}

function variablesOf(file: Node): JsonObject {
  return file.get('variables').exists ? file.get('variables').object() : {};
}

function proceduresOf(file: Node): readonly (readonly [string, Node])[] {
  const procedures = file.get('procedures');
  return procedures.keys().map((name) => [name, procedures.get(name)] as const);
}

/** The files of `include` and what they include, each once, those that are included first. Paths are relative to their file. */
function included(root: Node, context: FileContext): readonly Node[] {
  const seen = new Set<string>();
  const found: Node[] = [];
  const visit = (node: Node, folder: string): void => {
    for (const entry of node.get('include').items({ optional: true })) {
      const file = join(folder, entry.text());
      if (seen.has(file)) continue;
      seen.add(file);
      if (!existsSync(file)) {
        entry.error(`cannot find ${relative(context.workingDirectory, file)}`);
        continue;
      }
      const library = readLibrary(file, context);
      library.warnUnknown(TOP_LEVEL_KEYS);
      visit(library, dirname(file));
      found.push(library);
    }
  };
  visit(root, dirname(resolve(context.workingDirectory, context.path)));
  return found;
}

const TOP_LEVEL_KEYS = [
  '$schema',
  'version',
  'doc',
  'conformance',
  'include',
  'procedures',
  'prepare',
  'replies',
  'common_messages',
  'extension_messages',
  'mining_messages',
  'job_declaration_messages',
  'template_distribution_messages',
  'sv1_messages',
  'frame_builders',
  'actions',
  'setup_commands',
  'execution_commands',
  'cleanup_commands',
  'role',
  'downstream',
  'upstream',
  'connections',
  'variables',
  'skip_messages',
  'watch',
  'timeouts',
];

function parseTimeouts(node: Node, compat: boolean, connections: readonly ConnectionPlan[]): Timeouts {
  if (compat) {
    const isSv1 = connections.some(({ protocol }) => protocol === 'sv1');
    return isSv1 ? { ...COMPAT_TIMEOUTS, retryMs: COMPAT_SV1_RETRY_MS } : COMPAT_TIMEOUTS;
  }
  node.warnUnknown(['receive_ms', 'connect_ms', 'accept_ms', 'ready_ms', 'watch_ms', 'retry_ms']);
  const read = (key: string, otherwise: number | undefined) => {
    const value = node.get(key);
    return value.json === null ? undefined : (value.optionalInteger(0, MAX_MS) ?? otherwise);
  };
  return {
    receiveMs: read('receive_ms', DEFAULT_TIMEOUTS.receiveMs),
    connectMs: read('connect_ms', DEFAULT_TIMEOUTS.connectMs),
    acceptMs: read('accept_ms', DEFAULT_TIMEOUTS.acceptMs),
    readyMs: read('ready_ms', DEFAULT_TIMEOUTS.readyMs),
    watchMs: read('watch_ms', DEFAULT_TIMEOUTS.watchMs) ?? DEFAULT_TIMEOUTS.watchMs,
    retryMs: read('retry_ms', DEFAULT_TIMEOUTS.retryMs),
  };
}

function parseWatch(node: Node, connections: readonly ConnectionPlan[]): readonly Watch[] {
  node.warnUnknown(['connection', 'message', 'method', 'save']);
  const named = node.get('connection');
  const connection = named.exists ? connectionNamed(named, connections) : undefined;
  const method = node.get('method');
  if (method.exists) return [{ connection, method: method.text(), saves: parsePointerMap(node.get('save')) }];
  const save = node.get('save');
  const definitions = messageNames(node.get('message'));
  // A name may mean two messages; the fields tell which.
  const fitting = definitions.filter((definition) =>
    save.keys().every((key) => fieldNamed(definition, key) !== undefined),
  );
  const meant = fitting.length > 0 ? fitting : definitions;
  return meant.map((definition) => ({ connection, definition, saves: parseSaveMap(save, [definition]) }));
}

/** Adds imported messages and manual headers to `messages`, and returns the ids that have a builder. */
function applyBuilders(root: Node, messages: Map<string, Sv2Template>, context: FileContext): Set<string> {
  const builders = parseFrameBuilders(root.get('frame_builders'), context.compat);
  const libraries = new Map<string, Node>();
  const own = new Set(messages.keys());
  for (const builder of builders) {
    if (builder.importPath !== undefined) importMessage(builder, messages, own, libraries, context);
    const template = messages.get(builder.messageId);
    if (template === undefined) {
      builder.node.error(`no message "${builder.messageId}"`);
    } else if (builder.header !== undefined) {
      // The original rebuilds every frame in automatic form; there manual headers never reach the wire.
      if (context.compat) builder.node.warn('manual headers have no effect under --compat');
      else messages.set(builder.messageId, { ...template, header: builder.header });
    }
  }
  return new Set(builders.map(({ messageId }) => messageId));
}

function importMessage(
  builder: FrameBuilder,
  messages: Map<string, Sv2Template>,
  own: ReadonlySet<string>,
  libraries: Map<string, Node>,
  context: FileContext,
): void {
  const path = builder.importPath ?? '';
  const file = findImport(path, context);
  if (file === undefined) {
    builder.node.error(`cannot find ${path}, nor anything it may be relative to`);
    return;
  }
  const library = libraries.get(file) ?? readLibrary(file, context);
  libraries.set(file, library);
  // Only this one: a message of the library that is of no use today spoils no test that does not import it.
  const template = parseMessages(library, context.compat, builder.messageId).get(builder.messageId);
  if (template === undefined) {
    builder.node.error(`${path} has no usable message "${builder.messageId}"`);
    return;
  }
  const { messageId, node } = builder;
  if (context.compat) {
    if (own.has(messageId)) node.warn(`the message "${messageId}" of this file is overwritten by the imported one`);
    if (template.replace.length > 0) node.warn('the replace_fields of an imported message are dropped under --compat');
    messages.set(messageId, { ...template, replace: [] });
  } else if (own.has(messageId)) {
    node.warn(`this file has a message "${messageId}" of its own, which is kept`);
  } else messages.set(messageId, template);
}

function readLibrary(file: string, context: FileContext): Node {
  const shown = relative(context.workingDirectory, file) || file;
  return readDocument(readText(file, shown), shown, context.problems);
}

/**
 * What an import path is relative to changed over the original's life: the current directory, two levels above it, or any folder
 * above the test file; with a `../` chain or `test/message-generator/` in front that may lead nowhere today.
 */
function findImport(path: string, { workingDirectory, path: testPath }: FileContext): string | undefined {
  const bare = path.replace(/^(?:\.\.?\/)+/, '');
  const spellings = new Set([path, bare, bare.replace(/^test\/message-generator\//, '')]);
  const bases = [workingDirectory, resolve(workingDirectory, '../..')];
  for (let folder = dirname(resolve(workingDirectory, testPath)); ; folder = dirname(folder)) {
    bases.push(folder);
    if (folder === dirname(folder)) break;
  }
  for (const base of bases) {
    for (const spelling of spellings) {
      const candidate = join(base, spelling);
      if (existsSync(candidate)) return candidate;
    }
  }
  return undefined;
}

function readText(path: string, shown: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TestFileError([
      { file: shown, line: 0, message: `cannot be read${code === undefined ? '' : ` (${code})`}` },
    ]);
  }
}
