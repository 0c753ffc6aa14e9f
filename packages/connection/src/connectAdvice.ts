import type { CloseCause } from './closeCause.ts';

const ADVICE: { readonly [cause in CloseCause]?: string } = {
  'connect-failed': 'nothing listens there: check host and port',
  'connect-timeout': 'nothing answers there: check host, port and firewalls',
  'wrong-authority':
    'the server has another authority key: compare the key in the URL with the one that the server prints',
  'certificate-expired': "check both machines' clocks",
  'certificate-not-yet-valid': "check both machines' clocks",
  'setup-error': 'the server speaks another protocol on this port, or refuses what was asked for',
  probe: 'the server may speak Stratum V2, or want encryption',
  'peer-closed': 'if it does so at once, the server may speak another version of Stratum, or want encryption',
  'handshake-unanswered':
    'the server closed without an answer to the encrypted handshake: check the port; it may speak Stratum V1, or Stratum V2 without encryption',
  'handshake-timeout':
    'the server does not answer the encrypted handshake: check the port; it may be no Stratum V2 server, or one without encryption',
};

/** By the system's code behind `connect-failed`. */
const SYSTEM_ADVICE: Readonly<Record<string, string>> = {
  ENOTFOUND: 'no machine has this name: check the host',
  EAI_AGAIN: 'the name server does not answer: check the host and the network of this machine',
  EHOSTUNREACH: 'no way leads there: check the host and the network',
  ENETUNREACH: 'no way leads there: check the host and the network',
  ECONNRESET: 'something there ends connections before they begin: check port and firewalls',
  EMFILE: 'this process has no file descriptors left: raise its limit (ulimit -n)',
};

/** What an operator may do about an upstream that was lost for this reason, a close cause with or without `: detail` behind it. */
export function connectAdvice(reason: string): string | undefined {
  const [cause = '', detail = ''] = reason.split(': ', 2);
  if (cause === 'connect-failed' && Object.hasOwn(SYSTEM_ADVICE, detail)) return SYSTEM_ADVICE[detail];
  return Object.hasOwn(ADVICE, cause) ? ADVICE[cause as CloseCause] : undefined;
}
