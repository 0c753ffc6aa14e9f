import type { ClientSession } from '@stratumkit/sv1';
import type { Sv1GreetingCall } from './profiles.ts';

/** What a device says of itself. */
export interface GreetingTerms {
  /** Bits it would like to roll. */
  readonly versionMask: number;
  /** Of the session it would like back. */
  readonly sessionId: string | undefined;
  readonly workerName: string;
  readonly password: string;
  readonly suggestedDifficulty: number;
}

export function callLine(client: ClientSession, call: Sv1GreetingCall, terms: GreetingTerms): Uint8Array {
  switch (call) {
    case 'configure':
      return client.configure({
        extensions: ['version-rolling'],
        versionRolling: { mask: terms.versionMask, minBitCount: 2 },
      });
    case 'subscribe':
      return client.subscribe(terms.sessionId);
    case 'authorize':
      return client.authorize(terms.workerName, terms.password);
    case 'suggestDifficulty':
      return client.suggestDifficulty(terms.suggestedDifficulty);
    case 'subscribeExtranonce':
      return client.subscribeExtranonce();
  }
}
