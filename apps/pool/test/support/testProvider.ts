import { portableHash, witnessCommitmentScript } from '@stratumkit/bitcoin';
import { Connection, type ConnectionSecurity } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import type { TemplateDistributionMessage } from '@stratumkit/messages';
import { NewTemplate, SetNewPrevHash, type SubmitSolution } from '@stratumkit/messages/template-distribution';
import { publicKeyFromSecret, ResponderIdentity } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';
import { type Link, type Listener, listen } from '@stratumkit/transport';

/** Every 256th hash is a block. */
export const BLOCK_TARGET = new Uint8Array(32).fill(0xff).with(31, 0);
const COMMITMENT = witnessCommitmentScript([new Uint8Array(32)]);
const SECRET = new Uint8Array(32).fill(0x17);

/** A template provider that says what a test tells it to. */
export class TestProvider {
  readonly received: TemplateDistributionMessage[];
  readonly authorityPublicKey = publicKeyFromSecret(SECRET);
  readonly #listener: Listener<'template-distribution'>;
  readonly #links: Set<Link<'template-distribution'>>;
  #templateId = 0n;

  private constructor(
    listener: Listener<'template-distribution'>,
    links: Set<Link<'template-distribution'>>,
    received: TemplateDistributionMessage[],
  ) {
    this.#listener = listener;
    this.#links = links;
    this.received = received;
  }

  static async start(onMessage: (name: string) => void, port = 0): Promise<TestProvider> {
    const received: TemplateDistributionMessage[] = [];
    const links = new Set<Link<'template-distribution'>>();
    const identity = new ResponderIdentity({
      random: randomBytes,
      authoritySecretKey: SECRET,
      certificateValiditySeconds: 3_600,
    });
    const security: ConnectionSecurity = { type: 'noise-responder', identity, random: randomBytes };
    const listener = await listen<'template-distribution'>({
      host: '127.0.0.1',
      port,
      createConnection: (_, now) =>
        new Connection(
          {
            protocol: 'template-distribution',
            security,
            setup: { side: 'server', policy: () => ({ accept: true, flags: 0 }) },
          },
          now,
        ),
      onEvent: (event, link) => {
        if (event.type === 'ready') links.add(link);
        if (event.type === 'closed') links.delete(link);
        if (event.type !== 'message') return;
        received.push(copy(event.message));
        onMessage(event.message.name);
      },
    });
    return new TestProvider(listener, links, received);
  }

  get port(): number {
    return this.#listener.address.port;
  }

  get solutions(): SubmitSolution[] {
    return this.received.flatMap((message) => (message.name === 'SubmitSolution' ? [message.value] : []));
  }

  /** A template of its own for a new tip. */
  tip(prevHashByte: number): void {
    const templateId = this.#sendTemplate(true);
    const headerTimestamp = Math.floor(Date.now() / 1000);
    const prevHash = new Uint8Array(32).fill(prevHashByte);
    const value = { templateId, prevHash, headerTimestamp, nbits: 0x207fffff, target: BLOCK_TARGET };
    this.#send(encodeFrame(SetNewPrevHash, value));
  }

  /** A better template on the present tip. */
  update(): void {
    this.#sendTemplate(false);
  }

  /** Something that no provider may send. */
  misbehave(): void {
    this.#templateId -= 1n;
    this.#sendTemplate(true);
  }

  close(): Promise<void> {
    return this.#listener.close({ drainMs: 0 });
  }

  #sendTemplate(futureTemplate: boolean): bigint {
    const templateId = ++this.#templateId;
    const coinbaseTxOutputs = new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, COMMITMENT.length, ...COMMITMENT]);
    this.#send(
      encodeFrame(NewTemplate, {
        templateId,
        futureTemplate,
        version: 0x20000000,
        coinbaseTxVersion: 2,
        coinbasePrefix: Uint8Array.of(0x02, 0xe8, 0x03),
        coinbaseTxInputSequence: 0xfffffffe,
        coinbaseTxValueRemaining: 5_000_000_000n,
        coinbaseTxOutputsCount: 1,
        coinbaseTxOutputs,
        coinbaseTxLocktime: 999,
        merklePath: [portableHash.sha256(Uint8Array.of(1))],
      }),
    );
    return templateId;
  }

  #send(frame: Uint8Array): void {
    for (const link of this.#links) link.send(frame);
  }
}

/** Byte fields are views that the next message overwrites. */
function copy(message: TemplateDistributionMessage): TemplateDistributionMessage {
  return structuredClone(message);
}
