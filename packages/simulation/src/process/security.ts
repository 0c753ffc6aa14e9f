import type { ConnectionSecurity } from '@stratumkit/connection';
import { type NoiseCrypto, portableCrypto, ResponderIdentity } from '@stratumkit/noise';
import type { Prng } from '../core/prng.ts';

/** How wires are protected: for both ends of every connection. */
export interface WireSecurity {
  responder(random: Prng): ConnectionSecurity;
  initiator(random: Prng): ConnectionSecurity;
}

/** No encryption on any wire: a run then costs a fraction of the time. */
export const PLAIN_SECURITY: WireSecurity = {
  responder: () => ({ type: 'plain' }),
  initiator: () => ({ type: 'plain' }),
};

const CERTIFICATE_SECONDS = 86_400;

/** Noise on every wire, under one authority. */
export function createNoiseSecurity(random: Prng, crypto: NoiseCrypto = portableCrypto): WireSecurity {
  const identity = new ResponderIdentity({
    crypto,
    random: random.bytes,
    authoritySecretKey: crypto.createKeyPair(random.bytes).secretKey,
    certificateValiditySeconds: CERTIFICATE_SECONDS,
  });
  const { authorityPublicKey } = identity;
  return {
    responder: (own) => ({ type: 'noise-responder', identity, random: own.bytes, crypto }),
    initiator: (own) => ({ type: 'noise-initiator', authorityPublicKey, random: own.bytes, crypto }),
  };
}
