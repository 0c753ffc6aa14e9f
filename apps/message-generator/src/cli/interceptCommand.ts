import { writeFileSync } from 'node:fs';
import { decodeAuthorityPublicKey, encodeAuthorityPublicKey } from '@stratumkit/noise';
import { formatSocketAddress, type ProcessEdge, randomBytes, readClock } from '@stratumkit/runtime';
import { createInterceptor } from '../intercept/createInterceptor.ts';
import { readScript } from '../intercept/script.ts';
import { formatIntercepted, formatInterceptedJson } from '../intercept/show.ts';
import { parseAddress, parsePeer } from './addresses.ts';
import { authoritySecretKey } from './authorityKey.ts';

export interface InterceptFlags {
  readonly listen: string;
  /** `host:port`, or a stratum2+tcp URL with the key. */
  readonly upstream: string;
  readonly authorityKey: string | undefined;
  /** Holds the authority secret key, as text. */
  readonly keyFile: string | undefined;
  readonly script: string | undefined;
  readonly record: string | undefined;
  readonly seed: number;
  readonly json: boolean;
}

/** Runs until a signal; then writes the recording. */
export async function interceptCommand(flags: InterceptFlags, edge: ProcessEdge): Promise<number> {
  const { host, port, authorityPublicKey } = parsePeer(flags.upstream);
  const started = readClock().monotonicMs;
  const seconds = () => (readClock().monotonicMs - started) / 1000;
  const stopped = new Promise<void>((resolve) => edge.onSignal(['SIGINT', 'SIGTERM'], () => resolve()));
  const interceptor = await createInterceptor({
    listen: parseAddress(flags.listen),
    upstream: { host, port },
    upstreamKey: flags.authorityKey === undefined ? authorityPublicKey : decodeAuthorityPublicKey(flags.authorityKey),
    authoritySecretKey: authoritySecretKey(flags.keyFile),
    rules: flags.script === undefined ? [] : readScript(flags.script),
    seed: flags.seed,
    random: randomBytes,
    unixSeconds: () => readClock().unixSeconds,
    onMessage: (seen) =>
      void edge.stdout.write(flags.json ? formatInterceptedJson(seen, seconds()) : formatIntercepted(seen, seconds())),
    onEvent: ({ connection, text }) => void edge.stderr.write(`#${connection} ${text}\n`),
  });
  const address = formatSocketAddress(interceptor.address);
  const key = encodeAuthorityPublicKey(interceptor.authorityPublicKey);
  edge.stderr.write(
    `listening on ${address}, authority key ${key}\nconnect SV2 roles to stratum2+tcp://${address}/${key}\n`,
  );
  await stopped;
  await interceptor.close();
  if (flags.record !== undefined) {
    writeFileSync(flags.record, interceptor.recordedTest());
    edge.stderr.write(`${interceptor.recordedMessages} messages recorded to ${flags.record}\n`);
  }
  return 0;
}
