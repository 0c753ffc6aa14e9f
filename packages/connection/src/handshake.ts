import type { Now } from '@stratumkit/codec';
import { ACT1_SIZE, ACT2_SIZE, NoiseInitiator, NoiseResponder, type NoiseSession } from '@stratumkit/noise';
import { type Greeting, recogniseGreeting } from './greeting.ts';
import type { InputBuffer } from './inputBuffer.ts';
import type { ConnectionSecurity } from './options.ts';

export type NoiseSecurity = Exclude<ConnectionSecurity, { type: 'plain' }>;

export type HandshakeResult =
  | { readonly greeting: Greeting }
  /** `reply` is act 2, on the responder's side. */
  | { readonly session: NoiseSession; readonly reply: Uint8Array | undefined };

/** The Noise handshake over a stream of bytes. */
export class Handshake {
  /** Act 1, on the initiator's side. */
  readonly opening: Uint8Array | undefined;
  readonly #finish: (act: Uint8Array, now: Now) => HandshakeResult;
  readonly #actSize: number;

  constructor(security: NoiseSecurity) {
    if (security.type === 'noise-initiator') {
      const initiator = new NoiseInitiator(security);
      this.opening = initiator.start();
      this.#actSize = ACT2_SIZE;
      this.#finish = (act, now) => ({ session: initiator.finish(act, now.unixSeconds), reply: undefined });
    } else {
      const responder = new NoiseResponder(security);
      this.opening = undefined;
      this.#actSize = ACT1_SIZE;
      this.#finish = (act, now) => {
        const { act2, session } = responder.respond(act, now.unixSeconds);
        return { session, reply: act2 };
      };
    }
  }

  /** Undefined while the peer's act is incomplete. Throws `NoiseError`. */
  read(input: InputBuffer, now: Now): HandshakeResult | undefined {
    const greeting = recogniseGreeting(input.peek(ACT1_SIZE), 'noise');
    if (greeting !== undefined) return { greeting };
    const act = input.take(this.#actSize);
    return act === undefined ? undefined : this.#finish(act, now);
  }
}
