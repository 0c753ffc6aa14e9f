/** The three subprotocols. A connection speaks exactly one, named in its SetupConnection. */
export type Protocol = 'mining' | 'job-declaration' | 'template-distribution';

/** Values of `SetupConnection.protocol`. */
export const PROTOCOL_IDS = { mining: 0, 'job-declaration': 1, 'template-distribution': 2 } as const;

/** The subprotocol of a `SetupConnection.protocol` value, or undefined for one the spec does not know. */
export function protocolOfId(id: number): Protocol | undefined {
  return PROTOCOLS[id];
}

const PROTOCOLS: readonly Protocol[] = ['mining', 'job-declaration', 'template-distribution'];
