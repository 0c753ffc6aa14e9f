import { formatJson, type JsonObject, type JsonValue } from '@stratumkit/codec';
import { encodeAuthorityPublicKey } from '@stratumkit/noise';
import { isObject } from '../format/reader.ts';
import { type Recorded, variableOf } from './recorded.ts';
import { frameExpectation, renamedFields, VARIABLES } from './replaying.ts';
import type { Heading } from './script.ts';
import type { Intercepted } from './side.ts';
import { lineExpectation, renamedParams } from './sv1Replaying.ts';

/** A recording ends here; what passes later is not in it. A replay holds every message in memory, and so does its reader. */
export const MAX_RECORDED_MESSAGES = 50_000;

/** Takes what passes on one connection. */
export interface RecordedConnection {
  message(message: Intercepted, to: Heading): void;
  /** The downstream end closed it. */
  closed(): void;
}

export interface RecordedUpstream {
  readonly host: string;
  readonly port: number;
  /** Undefined leaves encrypted connections without a check of the certificate. */
  readonly authorityPublicKey?: Uint8Array | undefined;
}

interface Action {
  readonly connection: string;
  readonly message_ids: JsonValue[];
  /** Expectations by what they are about: a later one about the same takes the place of the earlier. */
  readonly expected: Map<string, JsonValue>;
}

type RecordedStep = Action | { readonly open: string } | { readonly close: string };

/**
 * The side of the one who connects, as a test: what it sent is sent again, what it was answered is waited for, in any order. What
 * differs with every upstream is taken from the replay: channel ids, job ids, times, tokens. Shares of old work cannot be right
 * again, so that any answer to one will do.
 */
export class Recording {
  readonly #connections: Recorded[] = [];
  readonly #steps: RecordedStep[] = [];
  readonly #maxMessages: number;
  #messages = 0;
  #isFull = false;

  constructor(maxMessages = MAX_RECORDED_MESSAGES) {
    this.#maxMessages = maxMessages;
  }

  /** Messages recorded so far. */
  get size(): number {
    return this.#messages;
  }

  /** Whether something passed that had no room, so that the recording ended before it. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Undefined when the recording has ended. A connection takes as much room as a message. */
  connection(protocol: 'sv1' | 'sv2', encrypted: boolean): RecordedConnection | undefined {
    if (!this.#hasRoom()) return undefined;
    const name = `downstream-${this.#connections.length + 1}`;
    const recorded: Recorded = { name, protocol, encrypted, saved: new Map(), firsts: new Set() };
    this.#connections.push(recorded);
    this.#steps.push({ open: name });
    return {
      message: (message, to) => {
        if (!this.#hasRoom()) return;
        this.#messages++;
        if (to === 'upstream') this.#sent(message, recorded);
        else this.#received(message, recorded);
      },
      closed: () => {
        if (!this.#isFull) this.#steps.push({ close: name });
      },
    };
  }

  #hasRoom(): boolean {
    this.#isFull ||= this.#messages + this.#connections.length >= this.#maxMessages;
    return !this.#isFull;
  }

  /** The text of a test file. */
  toTest({ host, port, authorityPublicKey }: RecordedUpstream): string {
    const security =
      authorityPublicKey === undefined
        ? { encrypted: true }
        : { pub_key: encodeAuthorityPublicKey(authorityPublicKey) };
    const test: JsonObject = {
      version: '2',
      doc: 'Recorded by message-generator intercept. Shares are of old work: any answer to one will do.',
      connections: this.#connections.map(({ name, protocol, encrypted }) => ({
        name,
        role: 'client',
        protocol,
        ip: host,
        port,
        ...(encrypted ? security : {}),
        open: 'action',
      })),
      watch: this.#connections.flatMap(({ name, protocol }) =>
        VARIABLES.filter((variable) => 'method' in variable === (protocol === 'sv1')).map(({ save, ...what }) => ({
          connection: name,
          ...what,
          save: Object.fromEntries(save.map((field) => [field, variableOf(name, field)])),
        })),
      ),
      actions: this.#steps.map(stepOf),
    };
    return `${formatJson(test, '  ')}\n`;
  }

  #action(connection: string, forSending: boolean): Action {
    const last = this.#steps.at(-1);
    const isOpen = last !== undefined && 'message_ids' in last && last.connection === connection;
    if (isOpen && !(forSending && last.expected.size > 0)) return last;
    const action: Action = { connection, message_ids: [], expected: new Map() };
    this.#steps.push(action);
    return action;
  }

  #sent(message: Intercepted, recorded: Recorded): void {
    this.#action(recorded.name, true).message_ids.push(sendOf(message, recorded));
  }

  #received(message: Intercepted, recorded: Recorded): void {
    const found = 'frame' in message ? frameExpectation(message, recorded) : lineExpectation(message, recorded);
    if (found !== undefined) this.#action(recorded.name, false).expected.set(found.about, found.expectation);
  }
}

function stepOf(step: RecordedStep): JsonObject {
  if (!('message_ids' in step)) return step;
  const { connection, message_ids, expected } = step;
  const results: JsonValue[] = expected.size === 0 ? [] : [{ type: 'wait_for', all_of: [...expected.values()] }];
  return { connection, message_ids, results };
}

function sendOf(message: Intercepted, recorded: Recorded): JsonValue {
  if (!('frame' in message)) {
    if (isObject(message.json)) return { message: renamedParams(message.json, recorded) };
    return { raw: Array.from(new TextEncoder().encode(`${message.text}\n`)) };
  }
  if (message.json !== undefined) {
    const append = message.rest.length === 0 ? {} : { append: Array.from(message.rest) };
    return { message: renamedFields(message.json, recorded), ...append };
  }
  const { messageType, extensionType, channelMessage, payload } = message.frame;
  return {
    frame: {
      message_type: `0x${messageType.toString(16).padStart(2, '0')}`,
      extension_type: extensionType,
      channel_msg: channelMessage,
      payload: Array.from(payload),
    },
  };
}
