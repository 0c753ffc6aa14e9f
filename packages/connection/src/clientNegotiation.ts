import { encodeFrame } from '@stratumkit/framing';
import type { Protocol } from '@stratumkit/messages';
import {
  ChannelEndpointChanged,
  SetupConnection,
  SetupConnectionError,
  SetupConnectionSuccess,
} from '@stratumkit/messages/common';
import { RequestExtensionsError, RequestExtensionsSuccess } from '@stratumkit/messages/extensions';
import { acceptExtensions, missingExtensions, NO_EXTENSIONS, requestExtensions } from './extensions.ts';
import type { Negotiation, NegotiationStep } from './negotiation.ts';
import type { ClientExtensions, ClientSetup } from './options.ts';
import { checkSuccess } from './setup.ts';

const MAX_REQUEST_ID = 0xffff;

/** The downstream side of SetupConnection and RequestExtensions. */
export class ClientNegotiation implements Negotiation {
  readonly opening: Uint8Array;
  readonly #setup: ClientSetup;
  readonly #protocol: Protocol;
  #extensions = NO_EXTENSIONS;
  #flags = 0;
  /** Of the request without an answer yet. */
  #openRequestId: number | undefined;
  #requests = 0;
  #isReady = false;

  constructor(setup: ClientSetup, protocol: Protocol) {
    this.#setup = setup;
    this.#protocol = protocol;
    this.opening = encodeFrame(SetupConnection, setup.request);
  }

  get extensions(): ReadonlySet<number> {
    return this.#extensions;
  }

  expects(messageName: string | undefined, isSetUp: boolean, extensionType: number): boolean {
    // Spec 3.4.1: what is of an unknown extension is discarded, whenever it comes.
    if (messageName === undefined && extensionType !== 0) return true;
    return (messageName === SetupConnectionSuccess.name || messageName === SetupConnectionError.name) !== isSetUp;
  }

  handle(messageName: string, value: unknown): NegotiationStep | undefined {
    switch (messageName) {
      case SetupConnectionSuccess.name:
        return this.#handleSuccess(value as SetupConnectionSuccess);
      case SetupConnectionError.name:
        return { rejection: { cause: 'setup-error', detail: { ...(value as SetupConnectionError) } } };
      case RequestExtensionsSuccess.name:
        return this.#handleAnswer(value as RequestExtensionsSuccess);
      case RequestExtensionsError.name:
        return this.#handleAnswer(value as RequestExtensionsError);
      case ChannelEndpointChanged.name:
        return this.#startOver();
      default:
        return undefined;
    }
  }

  conclude(): NegotiationStep {
    this.#openRequestId = undefined;
    const { required = [] } = this.#setup.extensions ?? {};
    const missing = required.filter((extension) => !this.#extensions.has(extension));
    if (missing.length > 0) return { rejection: missingExtensions(missing) };
    return this.#isReady ? {} : this.#ready();
  }

  #handleSuccess(success: SetupConnectionSuccess): NegotiationStep {
    const rejection = checkSuccess(this.#setup, this.#protocol, success);
    if (rejection !== undefined) return { rejection };
    this.#flags = success.flags;
    const { extensions } = this.#setup;
    if (extensions === undefined || extensions.requested.length === 0) return this.#ready();
    return { send: this.#request(extensions), awaits: 'extension-answer' };
  }

  /** Somebody else is behind the channel: what was agreed is void, and agreed anew (spec 3.6.4). */
  #startOver(): NegotiationStep | undefined {
    const { extensions } = this.#setup;
    if (!this.#isReady || extensions === undefined || extensions.requested.length === 0) return undefined;
    if (this.#openRequestId !== undefined) return undefined;
    this.#extensions = NO_EXTENSIONS;
    return { send: this.#request(extensions), renegotiated: true, awaits: 'renegotiation', isForRole: true };
  }

  #request(extensions: ClientExtensions): Uint8Array {
    this.#requests = (this.#requests % MAX_REQUEST_ID) + 1;
    this.#openRequestId = this.#requests;
    return requestExtensions(extensions, this.#requests);
  }

  #handleAnswer(answer: RequestExtensionsSuccess | RequestExtensionsError): NegotiationStep {
    const wanted = this.#setup.extensions;
    // An answer that comes after we went on without it, or to a request that was not made, changes nothing.
    if (wanted === undefined || answer.requestId !== this.#openRequestId) return {};
    if ('requiredExtensions' in answer && answer.requiredExtensions.length > 0) {
      return { rejection: missingExtensions(answer.requiredExtensions) };
    }
    const result = acceptExtensions(wanted, 'supportedExtensions' in answer ? answer.supportedExtensions : []);
    if ('rejection' in result) return result;
    this.#extensions = result.extensions;
    this.#openRequestId = undefined;
    return this.#isReady ? { renegotiated: true } : this.#ready();
  }

  #ready(): NegotiationStep {
    this.#isReady = true;
    const { request } = this.#setup;
    return { ready: { type: 'ready', setup: request, flags: this.#flags, extensions: this.#extensions } };
  }
}
