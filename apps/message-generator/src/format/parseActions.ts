import type { ConnectionPlan, Send, Step } from './model.ts';
import { parseDecimal, parseInlineTemplate, parseSv1Template, parseTypeByte } from './parseMessages.ts';
import { parseResult, parseSkip } from './parseResults.ts';
import type { Node } from './reader.ts';

export interface ActionContext {
  readonly compat: boolean;
  readonly connections: readonly ConnectionPlan[];
  /** Notes an id named in an action where it stands. */
  use(id: string, node: Node, protocol: 'sv1' | 'sv2'): void;
  nextNumber(): number;
  /** The connection of actions that name none, inside of a procedure that was called for one. */
  readonly callConnection?: string;
  /** The steps of a procedure of this file or of those it includes. */
  procedure(name: string, node: Node): Node | undefined;
  /** Calls around this step. */
  readonly depth?: number;
}

const MAX_DEPTH = 16;

const MAX_ROUNDS = 1_000_000;
const MAX_MS = 86_400_000;

export function parseSteps(list: Node, context: ActionContext): readonly Step[] {
  return list.items().map((node) => parseStep(node, context));
}

function parseStep(node: Node, context: ActionContext): Step {
  const place = { file: node.file, line: node.line };
  const has = (key: string) => !context.compat && node.get(key).exists;
  if (has('repeat') || has('for_each')) {
    const repeat = node.get('repeat');
    const each = node.get('for_each');
    const times = repeat.exists ? (repeat.get('times').json ?? repeat.json) : undefined;
    if (typeof times === 'number' && !(Number.isInteger(times) && times >= 0 && times <= MAX_ROUNDS)) {
      repeat.error(`must be a number of rounds up to ${MAX_ROUNDS}`);
    }
    const as = (repeat.exists ? repeat : each).get('as').optionalText();
    if (each.exists && !each.get('in').exists) each.error('needs "in": a list of values');
    const steps = parseSteps(node.get('actions'), context);
    return { kind: 'loop', times, values: each.exists ? each.get('in').json : undefined, as, steps, ...place };
  }
  if (has('set')) return { kind: 'set', values: node.get('set').object(), ...place };
  if (has('open'))
    return { kind: 'open', connection: connectionNamed(node.get('open'), context.connections), ...place };
  if (has('close')) {
    const how = node.get('how').exists ? node.get('how').oneOf(['fin', 'reset']) : 'fin';
    return { kind: 'close', connection: connectionNamed(node.get('close'), context.connections), how, ...place };
  }
  if (has('call')) return parseCall(node, context);
  if (has('check')) {
    const check = node.get('check');
    const doc = node.get('doc').optionalText() ?? '';
    return { kind: 'check', value: check.get('value').json ?? null, is: check.get('is').json ?? null, doc, ...place };
  }
  if (has('mine')) return parseMine(node.get('mine'));
  if (has('new_block')) return { kind: 'newBlock', ...place };
  if (has('sleep_ms')) return { kind: 'sleep', ms: node.get('sleep_ms').integer(0, MAX_MS), ...place };
  return parseAction(node, context);
}

/** The steps of the procedure, after what is set for them. */
function parseCall(node: Node, context: ActionContext): Step {
  node.warnUnknown(['call', 'with', 'connection', 'doc']);
  const place = { file: node.file, line: node.line };
  const name = node.get('call');
  const procedure = context.procedure(name.text(), name);
  const depth = (context.depth ?? 0) + 1;
  if (depth > MAX_DEPTH) name.error(`calls go deeper than ${MAX_DEPTH}`);
  const connection = node.get('connection');
  const callConnection = connection.exists ? connectionNamed(connection, context.connections) : context.callConnection;
  const inner = { ...context, depth, ...(callConnection === undefined ? {} : { callConnection }) };
  const steps = procedure === undefined || depth > MAX_DEPTH ? [] : parseSteps(procedure, inner);
  const given = node.get('with');
  const set: readonly Step[] = given.exists ? [{ kind: 'set', values: given.object(), ...place }] : [];
  return { kind: 'loop', times: 1, values: undefined, as: undefined, steps: [...set, ...steps], ...place };
}

function parseMine(node: Node): Step {
  const fields = [
    'version',
    'prev_hash',
    'merkle_root',
    'ntime',
    'nbits',
    'target',
    'from_nonce',
    'unless_merkle_root',
    'want',
    'save',
  ];
  node.warnUnknown(fields);
  const value = (key: string) => {
    const field = node.get(key);
    if (!field.exists) field.error('is missing');
    return field.json ?? null;
  };
  return {
    kind: 'mine',
    header: {
      version: value('version'),
      prevHash: value('prev_hash'),
      merkleRoot: value('merkle_root'),
      ntime: value('ntime'),
      nbits: value('nbits'),
    },
    target: value('target'),
    want: node.get('want').exists ? node.get('want').oneOf(['share', 'miss']) : 'share',
    unlessMerkleRoot: node.get('unless_merkle_root').json,
    fromNonce: node.get('from_nonce').json ?? 0,
    save: node.get('save').text(),
    file: node.file,
    line: node.line,
  };
}

function parseAction(node: Node, context: ActionContext): Step {
  const connection = connectionOf(node, context);
  const protocol = context.connections.find(({ name }) => name === connection)?.protocol ?? 'sv2';
  if (!context.compat) {
    node.warnUnknown(['role', 'connection', 'message_ids', 'results', 'actiondoc', 'skip_messages']);
  }
  const doc = node.get('actiondoc').json;
  return {
    kind: 'action',
    number: context.nextNumber(),
    connection,
    doc: typeof doc === 'string' ? doc : '',
    sends: node
      .get('message_ids')
      .items()
      .map((send) => parseSend(send, protocol, context)),
    results: node
      .get('results')
      .items()
      .map((result) => parseResult(result, { compat: context.compat, protocol })),
    skip: parseSkip(node.get('skip_messages')),
    file: node.file,
    line: node.line,
  };
}

/** `connection` names one; otherwise `role` means the one that was opened (client) or accepted (server). */
export function connectionOf(node: Node, context: ActionContext): string {
  const named = node.get('connection');
  if (named.exists && !context.compat) return connectionNamed(named, context.connections);
  const [only] = context.connections;
  const role = node.get('role');
  if (!role.exists && context.callConnection !== undefined) return context.callConnection;
  if (!role.exists && context.connections.length === 1 && only !== undefined) {
    if (context.compat && only.protocol === 'sv2') role.error('is missing ("client" or "server")');
    return only.name;
  }
  // An SV1 action may have a role, which the original ignores.
  if (only?.protocol === 'sv1' && context.connections.length === 1) return only.name;
  // The connection to the role under test is the one that is meant; more than one is rare.
  const tested = context.connections.filter((connection) => connection.tested);
  const meant = tested.find((connection) => connection.role === 'client') ?? tested[0];
  if (!role.exists && meant !== undefined) return meant.name;
  const wanted = role.oneOf(['client', 'server']);
  const found = context.connections.find((connection) => connection.role === wanted);
  if (found === undefined) role.error(`the test has no connection as ${wanted}`);
  return found?.name ?? '';
}

export function connectionNamed(node: Node, connections: readonly ConnectionPlan[]): string {
  const name = node.text();
  if (!connections.some((connection) => connection.name === name)) node.error(`no connection "${name}"`);
  return name;
}

export function parseSend(node: Node, protocol: 'sv1' | 'sv2', context: ActionContext): Send {
  const place = { file: node.file, line: node.line };
  const plain = { split: [], delayMs: 0, corrupt: [], append: undefined, cut: 0, ...place };
  if (typeof node.json === 'string' || context.compat) {
    const id = node.text();
    context.use(id, node, protocol);
    return { ...plain, what: { kind: 'message', id } };
  }
  const options = {
    split: node
      .get('split')
      .items({ optional: true })
      .map((size) => size.integer(1, 0xff_ffff)),
    delayMs: node.get('delay_ms').optionalInteger(0, MAX_MS) ?? 0,
    corrupt: node
      .get('corrupt')
      .items({ optional: true })
      .map((offset) => offset.integer(0, 0xff_ffff)),
    append: node.get('append').json,
    cut: node.get('cut').optionalInteger(0, 0xff_ffff) ?? 0,
    ...place,
  };
  const id = node.get('id');
  const message = node.get('message');
  const frame = node.get('frame');
  const raw = node.get('raw');
  if (id.exists) {
    context.use(id.text(), id, protocol);
    return { ...options, what: { kind: 'message', id: id.text() } };
  }
  if (message.exists) {
    const replace = node.get('replace_fields');
    if (protocol === 'sv1') {
      return { ...options, what: { kind: 'inlineSv1', template: parseSv1Template('', message, replace, false) } };
    }
    const template = parseInlineTemplate(message, replace, false);
    if (template !== undefined) return { ...options, what: { kind: 'inline', template } };
  } else if (frame.exists) {
    const header = {
      messageType: parseTypeByte(frame.get('message_type')),
      extensionType: frame.get('extension_type').exists ? parseDecimal(frame.get('extension_type')) : 0,
      channelMessage: frame.get('channel_msg').boolean(false),
    };
    const length = frame.get('length').optionalInteger(0, 0xff_ffff);
    return { ...options, what: { kind: 'frame', header, payload: frame.get('payload').json ?? [], length } };
  } else if (raw.exists) {
    return { ...options, what: { kind: 'raw', bytes: raw.json ?? [] } };
  } else {
    node.error('must be an id, or have "id", "message", "frame" or "raw"');
  }
  return { ...options, what: { kind: 'raw', bytes: [] } };
}
