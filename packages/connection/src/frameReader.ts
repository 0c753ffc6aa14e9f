import type { MessageDefinition } from '@stratumkit/codec';
import type { FrameHeader } from '@stratumkit/framing';
import { definitionOf, type Protocol } from '@stratumkit/messages';
import { maxPayloadOf } from './frameCap.ts';
import type { InputBuffer } from './inputBuffer.ts';
import type { ConnectionLimits } from './limits.ts';
import { budgetClassOf, type MessageBudget } from './messageBudget.ts';
import type { Rejection } from './setup.ts';
import type { Wire } from './wire.ts';

export interface ReceivedFrame {
  readonly header: FrameHeader;
  /** Undefined for a message that is unknown, or that this side never receives. */
  readonly definition: MessageDefinition | undefined;
  readonly payload: Uint8Array;
}

export type ReadResult =
  | { readonly frame: ReceivedFrame }
  | { readonly rejection: Rejection }
  /** The frame has to wait for the budget: ms until it can be paid. */
  | { readonly waitMs: number };

export interface FrameReaderOptions {
  readonly wire: Wire;
  readonly protocol: Protocol;
  readonly side: 'server' | 'client';
  readonly limits: ConnectionLimits;
  readonly budget: MessageBudget;
}

interface Pending {
  readonly header: FrameHeader;
  readonly definition: MessageDefinition | undefined;
  paid: boolean;
}

/** Reads frames: everything that can be refused is refused on the header, before the payload is gathered. */
export class FrameReader {
  readonly #options: FrameReaderOptions;
  #pending: Pending | undefined;

  constructor(options: FrameReaderOptions) {
    this.#options = options;
  }

  /** Whether a header came whose payload did not. */
  get midFrame(): boolean {
    return this.#pending !== undefined;
  }

  /**
   * The next frame, or undefined while it is incomplete. Throws `NoiseError`.
   *
   * @param expects judges a header by the state of the connection
   * @param isNegotiated tells extensions that were agreed on from others
   */
  read(
    input: InputBuffer,
    expects: (definition: MessageDefinition | undefined, extensionType: number) => boolean,
    isNegotiated: (extensionType: number) => boolean,
  ): ReadResult | undefined {
    const { wire, budget } = this.#options;
    if (this.#pending === undefined) {
      const header = wire.readHeader(input);
      if (header === undefined) return undefined;
      const definition = this.#definitionOf(header);
      const rejection = this.#judge(header, definition, expects);
      if (rejection !== undefined) return { rejection };
      this.#pending = { header, definition, paid: false };
    }
    const pending = this.#pending;
    const { header, definition } = pending;
    if (!pending.paid) {
      const agreed = definition === undefined && isNegotiated(header.extensionType);
      const budgetClass = agreed ? 'request' : budgetClassOf(definition);
      const waitMs = budget.take(budgetClass, header.length);
      if (waitMs > 0) {
        return budgetClass === 'unknown'
          ? { rejection: { cause: 'unknown-messages', detail: named(header) } }
          : { waitMs };
      }
      pending.paid = true;
    }
    const payload = wire.readPayload(input, header.length);
    if (payload === undefined) return undefined;
    this.#pending = undefined;
    return { frame: { header, definition, payload } };
  }

  #definitionOf(header: FrameHeader): MessageDefinition | undefined {
    const { protocol, side } = this.#options;
    const definition = definitionOf(protocol, header.extensionType, header.messageType);
    const ownDirection = side === 'server' ? 'upstream' : 'downstream';
    return definition?.sentBy === ownDirection ? undefined : definition;
  }

  #judge(
    header: FrameHeader,
    definition: MessageDefinition | undefined,
    expects: (definition: MessageDefinition | undefined, extensionType: number) => boolean,
  ): Rejection | undefined {
    if (!expects(definition, header.extensionType))
      return { cause: 'unexpected-message', detail: named(header, definition) };
    const maxLength = maxPayloadOf(definition, this.#options.limits);
    if (header.length <= maxLength) return undefined;
    const { length } = header;
    return { cause: 'frame-too-large', detail: { ...named(header, definition), length, maxLength } };
  }
}

function named({ extensionType, messageType }: FrameHeader, definition?: MessageDefinition) {
  return { extensionType, messageType, ...(definition && { message: definition.name }) };
}
