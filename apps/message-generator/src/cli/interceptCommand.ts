import { decodeAuthorityPublicKey, encodeAuthorityPublicKey } from '@stratumkit/noise';
import { formatSocketAddress, type ProcessEdge, randomBytes, readClock } from '@stratumkit/runtime';
import { createInterceptor } from '../intercept/createInterceptor.ts';
import { RecordingFile } from '../intercept/recordingFile.ts';
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

/** Runs until a signal. A recording is written meanwhile, and whole at the end. */
export async function interceptCommand(flags: InterceptFlags, edge: ProcessEdge): Promise<number> {
  const { host, port, authorityPublicKey } = parsePeer(flags.upstream);
  const started = readClock().monotonicMs;
  const seconds = () => (readClock().monotonicMs - started) / 1000;
  const stopped = new Promise<void>((resolve) => edge.onSignal(['SIGINT', 'SIGTERM'], () => resolve()));
  const warn = (text: string) => void edge.stderr.write(`${text}\n`);
  const file = flags.record === undefined ? undefined : new RecordingFile(flags.record, warn);
  const interceptor = await createInterceptor({
    listen: parseAddress(flags.listen),
    upstream: { host, port },
    upstreamKey: flags.authorityKey === undefined ? authorityPublicKey : decodeAuthorityPublicKey(flags.authorityKey),
    authoritySecretKey: authoritySecretKey(flags.keyFile),
    rules: flags.script === undefined ? [] : readScript(flags.script),
    seed: flags.seed,
    record: flags.record !== undefined,
    random: randomBytes,
    unixSeconds: () => readClock().unixSeconds,
    onMessage: (seen) =>
      void edge.stdout.write(flags.json ? formatInterceptedJson(seen, seconds()) : formatIntercepted(seen, seconds())),
    onEvent: ({ connection, text }) => warn(`#${connection} ${text}`),
  });
  const address = formatSocketAddress(interceptor.address);
  const key = encodeAuthorityPublicKey(interceptor.authorityPublicKey);
  warn(`listening on ${address}, authority key ${key}\nconnect SV2 roles to stratum2+tcp://${address}/${key}`);
  file?.follow(interceptor);
  await stopped;
  await interceptor.close();
  file?.close();
  if (file !== undefined) warn(`${interceptor.recordedMessages} messages recorded to ${flags.record}`);
  return 0;
}
