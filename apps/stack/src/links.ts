import { join } from 'node:path';
import { createInterceptor, type InterceptedMessage, RecordingFile } from '@stratumkit/message-generator';
import { decodeAuthorityPublicKey, encodeAuthorityPublicKey } from '@stratumkit/noise';
import { formatSocketAddress, type Resources, randomBytes, readClock } from '@stratumkit/runtime';
import { secretKeyOf } from './keyFile.ts';

/** Where a role is reached. */
export interface Endpoint {
  readonly address: { readonly host: string; readonly port: number };
  /** Undefined for roles that speak no SV2. */
  readonly authorityPublicKey: string | undefined;
}

export interface LinksOptions {
  /** Without it every role reaches the next one directly. */
  readonly intercept: boolean;
  /** Each link is written here, as a test that replays the side that connects. */
  readonly recordDirectory: string | undefined;
  readonly dataDir: string | undefined;
  onListening(role: string, endpoint: Endpoint): void;
  onMessage(link: string, message: InterceptedMessage): void;
  onWarning(text: string): void;
}

const HOST = '127.0.0.1';

/** The connections between the roles of a stack, each with an interceptor in the middle if so wanted. */
export class Links {
  readonly #options: LinksOptions;
  readonly #resources: Resources;

  constructor(options: LinksOptions, resources: Resources) {
    this.#options = options;
    this.#resources = resources;
  }

  /** Where `from` has to connect to in order to reach a role. */
  async between(from: string, to: string, role: Endpoint): Promise<Endpoint> {
    if (!this.#options.intercept) return role;
    const link = `${from}-${to}`;
    const { recordDirectory } = this.#options;
    const file =
      recordDirectory === undefined
        ? undefined
        : new RecordingFile(join(recordDirectory, `${link}.json`), (text) => this.#options.onWarning(text));
    const { authorityPublicKey: upstreamKey, address: upstream } = role;
    const interceptor = await createInterceptor({
      listen: { host: HOST, port: 0 },
      upstream,
      upstreamKey: upstreamKey === undefined ? undefined : decodeAuthorityPublicKey(upstreamKey),
      authoritySecretKey: secretKeyOf('interceptor', this.#options.dataDir),
      random: randomBytes,
      unixSeconds: () => readClock().unixSeconds,
      record: file !== undefined,
      onMessage: (message) => this.#options.onMessage(link, message),
    });
    file?.follow(interceptor);
    this.#resources.add(link, async () => {
      await interceptor.close();
      file?.close();
    });
    const key = upstreamKey === undefined ? undefined : encodeAuthorityPublicKey(interceptor.authorityPublicKey);
    const endpoint = { address: interceptor.address, authorityPublicKey: key };
    this.#options.onListening(`interceptor ${link}`, endpoint);
    return endpoint;
  }
}

/** `host:port`. */
export function addressOf({ address }: Endpoint): string {
  return formatSocketAddress(address);
}
