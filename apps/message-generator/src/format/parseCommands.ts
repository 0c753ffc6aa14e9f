import type { CommandConditions, CommandPlan } from './model.ts';
import type { Node } from './reader.ts';

const MAX_SECONDS = 86_400;

export function parseCommands(list: Node, compat: boolean): readonly CommandPlan[] {
  return list.items({ optional: !compat }).map((node) => ({
    command: node.get('command').text(),
    args: node
      .get('args')
      .items({ optional: !compat })
      .map((argument) => argument.text()),
    conditions: parseConditions(node.get('conditions'), compat),
    file: node.file,
    line: node.line,
  }));
}

function parseConditions(node: Node, compat: boolean): CommandConditions | undefined {
  if (node.json === 'None' || (!node.exists && !compat)) return undefined;
  const given = node.get('WithConditions');
  if (!given.exists) {
    node.error('must be "None" or {"WithConditions": ...}');
    return undefined;
  }
  return {
    timerMs: given.get('timer_secs').integer(0, MAX_SECONDS) * 1000,
    warnNoPanic: given.get('warn_no_panic').boolean(compat ? undefined : false),
    conditions: given
      .get('conditions')
      .items()
      .map((condition) => ({
        text: condition.get('output_string').text(),
        stream: condition.get('output_location').oneOf(['StdOut', 'StdErr']) === 'StdOut' ? 'stdout' : 'stderr',
        wanted: condition.get('condition').boolean(),
        late: condition.get('late_condition').boolean(compat ? undefined : false),
      })),
  };
}
