import { encodeFrame } from '@stratumkit/framing';
import type { Protocol } from '@stratumkit/messages';
import { SetupConnection, SetupConnectionError, SetupConnectionSuccess } from '@stratumkit/messages/common';
import { RequestExtensionsError, RequestExtensionsSuccess } from '@stratumkit/messages/extensions';
import {
  acceptExtensions,
  EXTENSION_REQUEST_ID,
  missingExtensions,
  NO_EXTENSIONS,
  requestExtensions,
} from './extensions.ts';
import type { Negotiation, NegotiationStep } from './negotiation.ts';
import type { ClientSetup } from './options.ts';
import { checkSuccess } from './setup.ts';

/** The downstream side of SetupConnection and RequestExtensions. */
export class ClientNegotiation implements Negotiation {
  readonly opening: Uint8Array;
  readonly #setup: ClientSetup;
  readonly #protocol: Protocol;
  #extensions = NO_EXTENSIONS;
  #flags = 0;
  #awaitsAnswer = false;

  constructor(setup: ClientSetup, protocol: Protocol) {
    this.#setup = setup;
    this.#protocol = protocol;
    this.opening = encodeFrame(SetupConnection, setup.request);
  }

  get extensions(): ReadonlySet<number> {
    return this.#extensions;
  }

  expects(messageName: string | undefined, isSetUp: boolean): boolean {
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
      default:
        return undefined;
    }
  }

  conclude(): NegotiationStep {
    this.#awaitsAnswer = false;
    const { required = [] } = this.#setup.extensions ?? {};
    const missing = required.filter((extension) => !this.#extensions.has(extension));
    return missing.length > 0 ? { rejection: missingExtensions(missing) } : this.#ready();
  }

  #handleSuccess(success: SetupConnectionSuccess): NegotiationStep {
    const rejection = checkSuccess(this.#setup, this.#protocol, success);
    if (rejection !== undefined) return { rejection };
    this.#flags = success.flags;
    const { extensions } = this.#setup;
    if (extensions === undefined || extensions.requested.length === 0) return this.#ready();
    this.#awaitsAnswer = true;
    return { send: requestExtensions(extensions), awaits: 'extension-answer' };
  }

  #handleAnswer(answer: RequestExtensionsSuccess | RequestExtensionsError): NegotiationStep {
    const wanted = this.#setup.extensions;
    // An answer that comes after we went on without it, or to a request that was not made, changes nothing.
    if (!this.#awaitsAnswer || wanted === undefined || answer.requestId !== EXTENSION_REQUEST_ID) return {};
    if ('requiredExtensions' in answer && answer.requiredExtensions.length > 0) {
      return { rejection: missingExtensions(answer.requiredExtensions) };
    }
    const result = acceptExtensions(wanted, 'supportedExtensions' in answer ? answer.supportedExtensions : []);
    if ('rejection' in result) return result;
    this.#extensions = result.extensions;
    this.#awaitsAnswer = false;
    return this.#ready();
  }

  #ready(): NegotiationStep {
    const { request } = this.#setup;
    return { ready: { type: 'ready', setup: request, flags: this.#flags, extensions: this.#extensions } };
  }
}
