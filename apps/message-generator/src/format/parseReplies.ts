import type { ReplyPlan } from './model.ts';
import { type ActionContext, connectionOf, parseSend } from './parseActions.ts';
import { messageNames, nameOf, parsePointerMap, parseSaveMap } from './parseResults.ts';
import type { Node } from './reader.ts';

/** `{"message": "SetupConnection", "send": ["setup_ok"]}`: what is answered as soon as it comes. */
export function parseReply(node: Node, context: ActionContext): ReplyPlan {
  node.warnUnknown(['connection', 'role', 'on_open', 'message', 'method', 'fields', 'save', 'send', 'times', 'doc']);
  const connection = connectionOf(node, context);
  const protocol = context.connections.find(({ name }) => name === connection)?.protocol ?? 'sv2';
  const definitions = messageNames(node.get('message'));
  const fields = node.get('fields');
  const save = node.get('save');
  return {
    connection,
    definitions,
    method: node.get('method').optionalText(),
    fields: fields.keys().map((key) => {
      const field = fields.get(key);
      const name = protocol === 'sv1' ? key : nameOf(field, definitions, false, key);
      return { field: name, expected: field.json ?? null, file: field.file, line: field.line };
    }),
    saves: protocol === 'sv1' ? parsePointerMap(save) : parseSaveMap(save, definitions),
    sends: node
      .get('send')
      .items()
      .map((send) => parseSend(send, protocol, context)),
    onOpen: node.get('on_open').boolean(false),
    times: node.get('times').optionalInteger(1, 1_000_000),
    file: node.file,
    line: node.line,
  };
}
