import { fastCrypto } from '@stratumkit/accelerate';
import { portableHash, witnessCommitmentScript } from '@stratumkit/bitcoin';
import { Connection } from '@stratumkit/connection';
import { encodeFrame } from '@stratumkit/framing';
import { NewTemplate, SetNewPrevHash } from '@stratumkit/messages/template-distribution';
import { ResponderIdentity } from '@stratumkit/noise';
import { randomBytes } from '@stratumkit/runtime';
import { type Link, type Listener, listen } from '@stratumkit/transport';

const COMMITMENT = witnessCommitmentScript([new Uint8Array(32)]);
const NEARLY_ZERO = new Uint8Array(32).with(0, 1);
const BRANCHES = Array.from({ length: 12 }, (_, index) => portableHash.sha256(Uint8Array.of(index)));

/** A template provider for one pool: 12 branches, and no hash is a block. */
export class BenchProvider {
  readonly connected: Promise<void>;
  readonly #listener: Listener<'template-distribution'>;
  readonly #links: Set<Link<'template-distribution'>>;
  #templateId = 0n;
  #tips = 0;

  private constructor(
    listener: Listener<'template-distribution'>,
    links: Set<Link<'template-distribution'>>,
    connected: Promise<void>,
  ) {
    this.#listener = listener;
    this.#links = links;
    this.connected = connected;
  }

  static async start(): Promise<BenchProvider> {
    const links = new Set<Link<'template-distribution'>>();
    const identity = new ResponderIdentity({
      crypto: fastCrypto,
      random: randomBytes,
      authoritySecretKey: randomBytes(32),
      certificateValiditySeconds: 3_600,
    });
    let settle!: () => void;
    const connected = new Promise<void>((resolve) => {
      settle = resolve;
    });
    const listener = await listen<'template-distribution'>({
      host: '127.0.0.1',
      port: 0,
      createConnection: (_, now) =>
        new Connection(
          {
            protocol: 'template-distribution',
            security: { type: 'noise-responder', identity, random: randomBytes, crypto: fastCrypto },
            setup: { side: 'server', policy: () => ({ accept: true, flags: 0 }) },
          },
          now,
        ),
      onEvent: (event, link) => {
        if (event.type === 'ready') links.add(link);
        // The first thing a pool says: how large its coinbase outputs are.
        if (event.type === 'message') settle();
      },
    });
    return new BenchProvider(listener, links, connected);
  }

  get port(): number {
    return this.#listener.address.port;
  }

  /** A template for the next tip. */
  announce(): void {
    this.#template(true);
  }

  /** A better template for the present tip. */
  refresh(): void {
    this.#template(false);
  }

  #template(futureTemplate: boolean): void {
    this.#send(
      encodeFrame(NewTemplate, {
        templateId: ++this.#templateId,
        futureTemplate,
        version: 0x20000000,
        coinbaseTxVersion: 2,
        coinbasePrefix: Uint8Array.of(0x03, 0x40, 0x0d, 0x0d),
        coinbaseTxInputSequence: 0xfffffffe,
        coinbaseTxValueRemaining: 312_500_000n,
        coinbaseTxOutputsCount: 1,
        coinbaseTxOutputs: new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, COMMITMENT.length, ...COMMITMENT]),
        coinbaseTxLocktime: 855_359,
        merklePath: BRANCHES,
      }),
    );
  }

  /** The tip that the last template is for. */
  activate(): void {
    const prevHash = new Uint8Array(32);
    new DataView(prevHash.buffer).setUint32(0, ++this.#tips);
    this.#send(
      encodeFrame(SetNewPrevHash, {
        templateId: this.#templateId,
        prevHash,
        headerTimestamp: Math.floor(Date.now() / 1000),
        nbits: 0x17021ab2,
        target: NEARLY_ZERO,
      }),
    );
  }

  close(): Promise<void> {
    return this.#listener.close({ drainMs: 0 });
  }

  #send(frame: Uint8Array): void {
    for (const link of this.#links) link.send(frame);
  }
}
