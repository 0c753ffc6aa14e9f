import { encodeFrame } from '@stratumkit/framing';
import {
  EXTENSIONS_NEGOTIATION,
  RequestExtensions,
  RequestExtensionsError,
  RequestExtensionsSuccess,
} from '@stratumkit/messages/extensions';
import type { ClientExtensions, ServerSetup } from './options.ts';
import type { Rejection } from './setup.ts';

export const NO_EXTENSIONS: ReadonlySet<number> = new Set();

export interface ExtensionAnswer {
  readonly frame: Uint8Array;
  /** Agreed extensions; undefined after an Error, upon which the client may ask again. */
  readonly extensions: ReadonlySet<number> | undefined;
  /** Extensions this server requires and the client did not ask for: it may ask again, or has to go. */
  readonly missing: readonly number[];
}

/** The server's answer to RequestExtensions (extension 0x0001, 4.1). */
export function answerExtensions(offer: ServerSetup['extensions'], request: RequestExtensions): ExtensionAnswer {
  const { requestId } = request;
  const requested = new Set(request.requestedExtensions);
  const required = offer?.required ?? [];
  const supported = new Set([...(offer?.supported ?? []), ...required, EXTENSIONS_NEGOTIATION]);
  const agreed = [...requested].filter((extension) => supported.has(extension));
  const missing = required.filter((extension) => !requested.has(extension));
  if (missing.length > 0 || (agreed.length === 0 && requested.size > 0)) {
    const unsupportedExtensions = [...requested].filter((extension) => !supported.has(extension));
    const error = { requestId, unsupportedExtensions, requiredExtensions: missing };
    return { frame: encodeFrame(RequestExtensionsError, error), extensions: undefined, missing };
  }
  return {
    frame: encodeFrame(RequestExtensionsSuccess, { requestId, supportedExtensions: agreed }),
    extensions: new Set(agreed),
    missing,
  };
}

/** `requestId` pairs the answer with it. */
export function requestExtensions({ requested }: ClientExtensions, requestId: number): Uint8Array {
  return encodeFrame(RequestExtensions, { requestId, requestedExtensions: [...requested] });
}

/** What a client may use after the server's Success. An extension nobody asked for is not used. */
export function acceptExtensions(
  wanted: ClientExtensions,
  supported: readonly number[],
): { readonly extensions: ReadonlySet<number> } | { readonly rejection: Rejection } {
  const extensions = new Set(wanted.requested.filter((extension) => supported.includes(extension)));
  const missing = (wanted.required ?? []).filter((extension) => !extensions.has(extension));
  return missing.length > 0 ? { rejection: missingExtensions(missing) } : { extensions };
}

export function missingExtensions(extensions: readonly number[]): Rejection {
  return { cause: 'required-extension-missing', detail: { extensions: [...extensions] } };
}
