import { defineMethod, nothing, truth } from '../method.ts';
import type { Reading } from '../reading.ts';

type None = Record<string, never>;
const none = { readParams: (): None => ({}), formatParams: (): [] => [] };

const textResult = {
  readResult: (json: Reading): string => json.optional((value) => value.text()) ?? '',
  formatResult: (result: string) => result,
};

/** Where a miner is sent, and when. */
export interface ReconnectParams {
  /** Undefined: the same host. */
  readonly host?: string | undefined;
  /** Undefined: the same port. */
  readonly port?: number | undefined;
  /** 0 to 86,400. */
  readonly waitSeconds: number;
}

const MAX_WAIT_SECONDS = 86_400;

/** `client.reconnect`, to the miner; nobody answers it. */
export const ClientReconnect = defineMethod<'client.reconnect', ReconnectParams, undefined>({
  name: 'client.reconnect',
  calledBy: 'server',
  doc: 'Asks the miner to connect again, here or elsewhere.',
  readParams: (json) => ({
    host: json.at(0, 'host').optional((value) => value.text() || undefined),
    port: json.at(1, 'port').optional(portNumber),
    waitSeconds: json.at(2, 'wait').optional((value) => wholeNumber(value, 0, MAX_WAIT_SECONDS)) ?? 0,
  }),
  formatParams: ({ host, port, waitSeconds }) =>
    host === undefined && port === undefined && waitSeconds === 0 ? [] : [host ?? '', port ?? 0, waitSeconds],
  ...nothing,
});

/** Port 0 is "the same". */
function portNumber(value: Reading): number | undefined {
  return wholeNumber(value, 0, 65_535) || undefined;
}

/** Some pools send these numbers as text. */
function wholeNumber(value: Reading, minimum: number, maximum: number): number {
  const { json } = value;
  if (typeof json !== 'string') return value.integer(minimum, maximum);
  const number = /^\d{1,6}$/.test(json) ? Number(json) : -1;
  return number >= minimum && number <= maximum ? number : value.fail(`an integer from ${minimum} to ${maximum}`);
}

/** `client.show_message`, to the miner; nobody answers it. */
export const ClientShowMessage = defineMethod<'client.show_message', { readonly text: string }, undefined>({
  name: 'client.show_message',
  calledBy: 'server',
  doc: 'Text for the operator of the miner.',
  readParams: (json) => ({ text: json.at(0, 'text').text() }),
  formatParams: ({ text }) => [text],
  ...nothing,
});

/** `client.get_version`, to the miner; answered with text of the miner's own. */
export const ClientGetVersion = defineMethod<'client.get_version', None, string>({
  name: 'client.get_version',
  calledBy: 'server',
  doc: 'Asks for the name and version of the mining software.',
  ...none,
  ...textResult,
});

/** `mining.ping`, by either side; answered with text. */
export const Ping = defineMethod<'mining.ping', None, string>({
  name: 'mining.ping',
  calledBy: 'either',
  doc: 'Asks for "pong".',
  ...none,
  ...textResult,
});

/** `mining.get_transactions`, to the server, which refuses it. */
export const GetTransactions = defineMethod<'mining.get_transactions', { readonly jobId: string }, readonly string[]>({
  name: 'mining.get_transactions',
  calledBy: 'client',
  doc: "Asks for a job's transactions. Servers refuse it: the answer is large and nobody needs it.",
  // Whoever is refused anyway need not ask well.
  readParams: ({ json }) => ({ jobId: Array.isArray(json) && typeof json[0] === 'string' ? json[0] : '' }),
  formatParams: ({ jobId }) => [jobId],
  readResult: (json) => json.each((value) => value.text()),
  formatResult: (result) => result,
});

/** `mining.multi_version`, to the server; 0 to 255. */
export const MultiVersion = defineMethod<'mining.multi_version', { readonly version: number }, boolean>({
  name: 'mining.multi_version',
  calledBy: 'client',
  doc: 'How many versions the miner mines at once: an older way to ask for version rolling.',
  readParams: (json) => ({ version: json.at(0, 'version').integer(0, 255) }),
  formatParams: ({ version }) => [version],
  ...truth,
});
