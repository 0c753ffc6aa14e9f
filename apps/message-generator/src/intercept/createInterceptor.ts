import { createServer } from 'node:net';
import { ConfigError } from '@stratumkit/codec';
import { publicKeyFromSecret, type RandomBytes } from '@stratumkit/noise';
import { createRandom } from '../values/random.ts';
import { Link, type LinkOptions } from './link.ts';
import type { LinkFaults } from './linkFaults.ts';
import { type RecordedConnection, Recording } from './recording.ts';
import type { Effect, Heading, Rule } from './script.ts';
import type { Intercepted } from './side.ts';

/** Between whom it stands, what it does to messages, and who is told. */
export interface InterceptorOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly upstream: { readonly host: string; readonly port: number };
  /** The upstream's key, for encrypted connections; its certificate is not checked without it. */
  readonly upstreamKey?: Uint8Array | undefined;
  /** What the interceptor proves itself with to those who connect. */
  readonly authoritySecretKey: Uint8Array;
  readonly rules?: readonly Rule[];
  readonly faults?: LinkFaults;
  /** Of random values in rules. */
  readonly seed?: number;
  readonly random: RandomBytes;
  unixSeconds(): number;
  /** Keeps what passes, for {@link Interceptor.recordedTest}; nothing is kept without it. */
  readonly record?: boolean;
  /** How many messages and connections a recording holds: it ends with the last that has room. */
  readonly maxRecordedMessages?: number;
  onMessage?(seen: InterceptedMessage): void;
  onEvent?(event: { readonly connection: number; readonly text: string }): void;
  /** A rule or a fault has ended everything. */
  onCrash?(): void;
}

/** A message on its way, before what a rule does to it. */
export interface InterceptedMessage {
  /** From 1, in the order in which they were accepted. */
  readonly connection: number;
  readonly to: Heading;
  readonly message: Intercepted;
  /** What a rule does to it. */
  readonly effect: Effect | undefined;
}

/** An interceptor that listens; `close` ends all connections. */
export interface Interceptor {
  readonly address: { readonly host: string; readonly port: number };
  readonly authorityPublicKey: Uint8Array;
  /** What was recorded so far, as the text of a test file that replays the downstream side. Throws where nothing is recorded. */
  recordedTest(): string;
  readonly recordedMessages: number;
  /** Whether the recording ended before what passes now. */
  readonly isRecordingFull: boolean;
  close(): Promise<void>;
}

/** Listens, and for every connection makes one to the upstream. Each is read, shown, and passed on by the rules. */
export async function createInterceptor(options: InterceptorOptions): Promise<Interceptor> {
  const links = new Set<Link>();
  const recording = options.record === true ? new Recording(options.maxRecordedMessages) : undefined;
  let count = 0;
  let upstreamAddress = options.upstream.host;
  let silent = 0;
  let crashed = false;
  const crash = () => {
    crashed = true;
    options.onCrash?.();
    for (const link of links) link.close();
  };
  const server = createServer((socket) => {
    if (crashed) {
      socket.destroy();
      return;
    }
    const number = ++count;
    const onEvent = (text: string) => options.onEvent?.({ connection: number, text });
    let record: RecordedConnection | undefined;
    const linkOptions: LinkOptions = {
      number,
      rules: options.rules ?? [],
      scope: { variables: new Map(), random: createRandom(options.seed ?? 0, `connection ${number}`) },
      edge: { random: options.random, unixSeconds: () => options.unixSeconds() },
      upstream: options.upstream,
      upstreamKey: options.upstreamKey ?? 'unverified',
      authoritySecretKey: options.authoritySecretKey,
      faults: options.faults ?? {},
      onProtocol(protocol, encrypted) {
        record = recording?.connection(protocol, encrypted);
        onEvent(`connected, ${protocol}${encrypted ? ', encrypted' : ''}`);
      },
      onMessage(message, to, effect) {
        record?.message(message, to);
        options.onMessage?.({ connection: number, to, message, effect });
      },
      onEvent,
      onUpstream: (address) => {
        upstreamAddress = address;
      },
      onCrash: crash,
      onClosed(by) {
        links.delete(link);
        if (link.isSilent && ++silent === options.faults?.crashesAfterSilent) crash();
        if (by === 'downstream') record?.closed();
        onEvent('closed');
      },
    };
    const link = new Link(socket, linkOptions);
    links.add(link);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const { host, port } = options.listen;
      reject(new ConfigError('cannot-listen', `cannot listen on ${host}:${port} (${error.code ?? error.message})`));
    });
    server.listen(options.listen.port, options.listen.host, resolve);
  });
  const bound = server.address();
  const port = typeof bound === 'object' && bound !== null ? bound.port : options.listen.port;
  return {
    address: { host: options.listen.host, port },
    get authorityPublicKey() {
      return publicKeyFromSecret(options.authoritySecretKey);
    },
    recordedTest() {
      if (recording === undefined) throw new Error('nothing is recorded: the interceptor was made without "record"');
      const { upstream, upstreamKey: authorityPublicKey } = options;
      return recording.toTest({ host: upstreamAddress, port: upstream.port, authorityPublicKey });
    },
    get recordedMessages() {
      return recording?.size ?? 0;
    },
    get isRecordingFull() {
      return recording?.isFull ?? false;
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const link of links) link.close();
      await closed;
    },
  };
}
