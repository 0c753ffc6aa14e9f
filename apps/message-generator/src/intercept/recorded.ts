/** What a recording knows of one connection. */
export interface Recorded {
  readonly name: string;
  readonly protocol: 'sv1' | 'sv2';
  readonly encrypted: boolean;
  /** Recorded values, as `field value`, that a replay has to take from its own upstream: under which name it saves them. */
  readonly saved: Map<string, string>;
  /** Messages of which the first is expected, that came. */
  readonly firsts: Set<string>;
}

/** The name of a value that a replay saves on one connection. */
export function variableOf(connection: string, field: string): string {
  return `${connection} ${field}`;
}
