import type { PoolModules } from '@stratumkit/pool';
import type { StackSink } from './sink.ts';

type RoleLogger = NonNullable<PoolModules['logger']>;

/** What the connections of a role tell, from warnings on. */
export function roleLog(sink: StackSink, role: string): RoleLogger | undefined {
  const log = sink.log?.child({ role }, { level: 'warn' });
  if (log === undefined) return undefined;
  const ignore = () => undefined;
  const tell = (level: 'warn' | 'error') => (fields: object, message: string) => {
    log[level](fields, message);
    sink.onFault?.(`${role}: ${inWords(fields, message)}`);
  };
  return { debug: ignore, info: ignore, warn: tell('warn'), error: tell('error') };
}

/** The modules of a role, with what its connections tell. */
export function logging<Modules extends { readonly logger?: RoleLogger }>(
  modules: Modules,
  sink: StackSink,
  role: string,
): Modules {
  const logger = roleLog(sink, role);
  return logger === undefined ? modules : { ...modules, logger };
}

function inWords(
  fields: { readonly cause?: unknown; readonly hint?: unknown; readonly err?: unknown },
  message: string,
) {
  const { cause, hint, err } = fields;
  if (err instanceof Error) return `${message}: ${err.message}`;
  if (cause === undefined) return message;
  return `a connection ended for a fault: ${cause}${hint === undefined ? '' : `; ${hint}`}`;
}
