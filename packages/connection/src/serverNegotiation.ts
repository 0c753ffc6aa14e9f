import type { Protocol } from '@stratumkit/messages';
import { SetupConnection } from '@stratumkit/messages/common';
import { RequestExtensions } from '@stratumkit/messages/extensions';
import type { ReadyEvent } from './events.ts';
import { answerExtensions, missingExtensions, NO_EXTENSIONS } from './extensions.ts';
import type { Negotiation, NegotiationStep } from './negotiation.ts';
import type { ServerSetup } from './options.ts';
import { answerSetup } from './setup.ts';

/** Requests of a client that leave out a required extension; the second one is the end. */
const MAX_INCOMPLETE_REQUESTS = 2;

/** The upstream side of SetupConnection and RequestExtensions. */
export class ServerNegotiation implements Negotiation {
  readonly opening = undefined;
  readonly #setup: ServerSetup;
  readonly #protocol: Protocol;
  #extensions = NO_EXTENSIONS;
  #accepted: { readonly request: SetupConnection; readonly flags: number } | undefined;
  #isReady = false;
  #incompleteRequests = 0;

  constructor(setup: ServerSetup, protocol: Protocol) {
    this.#setup = setup;
    this.#protocol = protocol;
  }

  get extensions(): ReadonlySet<number> {
    return this.#extensions;
  }

  expects(messageName: string | undefined, isSetUp: boolean): boolean {
    return (messageName === SetupConnection.name) !== isSetUp;
  }

  handle(messageName: string, value: unknown): NegotiationStep | undefined {
    switch (messageName) {
      case SetupConnection.name:
        return this.#handleSetup(value as SetupConnection);
      case RequestExtensions.name:
        return this.#handleRequest(value as RequestExtensions);
      default:
        return undefined;
    }
  }

  conclude(): NegotiationStep {
    const missing = (this.#setup.extensions?.required ?? []).filter((extension) => !this.#extensions.has(extension));
    return missing.length > 0 ? { rejection: missingExtensions(missing) } : { ready: this.#ready() };
  }

  #handleSetup(request: SetupConnection): NegotiationStep {
    const answer = answerSetup(this.#setup, this.#protocol, request);
    if (!answer.accepted) return { send: answer.frame, rejection: answer.rejection };
    this.#accepted = { request, flags: answer.flags };
    const { supported = [], required = [] } = this.#setup.extensions ?? {};
    if (required.length > 0) return { send: answer.frame, awaits: 'required-extensions' };
    if (supported.length > 0) return { send: answer.frame, awaits: 'first-message' };
    // A server that offers nothing need not wait for what the client will ask.
    return { send: answer.frame, ready: this.#ready() };
  }

  #handleRequest(request: RequestExtensions): NegotiationStep {
    const { frame, extensions, missing } = answerExtensions(this.#setup.extensions, request);
    if (missing.length > 0 && ++this.#incompleteRequests >= MAX_INCOMPLETE_REQUESTS) {
      return { send: frame, rejection: missingExtensions(missing) };
    }
    if (extensions === undefined) return { send: frame };
    this.#extensions = extensions;
    return this.#isReady ? { send: frame, renegotiated: true } : { send: frame, ready: this.#ready() };
  }

  #ready(): ReadyEvent {
    this.#isReady = true;
    const { request, flags } = this.#accepted!;
    return { type: 'ready', setup: request, flags, extensions: this.#extensions };
  }
}
